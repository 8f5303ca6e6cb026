// SPDX-License-Identifier: Apache-2.0
#include "launch/picture_folder.h"

#include <fmt/format.h>

#include <algorithm>

namespace monodr {
namespace {

// File systems take 255 bytes; a name that is longer than a line helps nobody.
constexpr size_t longest_slug = 80;

/// Runs of anything but letters and digits become one '-'.
std::string slug(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || is_upper)
      result += is_upper ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!result.empty() && result.back() != '-')
      result += '-';
  }
  result.resize(std::min(result.size(), longest_slug));
  while (!result.empty() && result.back() == '-') result.pop_back();
  return result.empty() ? "arm" : result;
}

}  // namespace

std::string picture_folder_name(const CellRecord& record) {
  std::string axes;
  for (const auto& [key, value] : record.axes)
    axes += fmt::format("{} {} ", key.substr(key.rfind('.') + 1), value);
  return fmt::format("{}-seed{}{}-{}",
                     slug(record.arm),
                     record.seed,
                     axes.empty() ? "" : "-" + slug(axes),
                     record.id.substr(0, 6));
}

}  // namespace monodr
