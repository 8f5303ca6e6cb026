// SPDX-License-Identifier: Apache-2.0
#include "methods/object_views.h"

#include <map>
#include <string>

namespace monodr {

ObjectViews::ObjectViews(const std::vector<TrainingExample>& examples) {
  std::map<std::string, std::size_t> objects;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    std::size_t object = views_.size();
    if (!examples[i].track.empty())
      object = objects.try_emplace(examples[i].track, object).first->second;
    if (object == views_.size()) views_.emplace_back();
    places_.push_back({object, views_[object].size()});
    views_[object].push_back(i);
  }
}

std::size_t ObjectViews::any_other(std::size_t example, Random& random) const {
  const int others = static_cast<int>(views_[object_of(example)].size()) - 1;
  return others == 0 ? example : ahead(example, 1 + static_cast<std::size_t>(random.below(others)));
}

std::size_t ObjectViews::ahead(std::size_t example, std::size_t count) const {
  const Place& place = places_[example];
  const std::vector<std::size_t>& views = views_[place.object];
  return views[(place.view + count) % views.size()];
}

}  // namespace monodr
