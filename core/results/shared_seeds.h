// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace monodr {

/// For each seed that all sides have, what each has of it. A side with one cell (that does not depend
/// on the seed, say) stands under every seed of the others. The pointers are into the sides.
template <typename Value>
std::vector<std::vector<const Value*>> by_shared_seed(
    const std::vector<const std::map<std::int64_t, Value>*>& sides) {
  std::vector<std::vector<const Value*>> shared;
  const auto has_several = [](const auto* side) { return side->size() > 1; };
  auto leading = std::ranges::find_if(sides, has_several);
  if (leading == sides.end()) leading = sides.begin();
  for (const auto& [seed, ignored] : **leading) {
    std::vector<const Value*> values;
    for (const auto* side : sides) {
      const auto found = side->size() == 1 ? side->begin() : side->find(seed);
      if (found != side->end()) values.push_back(&found->second);
    }
    if (values.size() == sides.size()) shared.push_back(std::move(values));
  }
  return shared;
}

}  // namespace monodr
