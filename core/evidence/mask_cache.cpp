// SPDX-License-Identifier: Apache-2.0
#include "evidence/mask_cache.h"

#include <filesystem>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "evidence/coco_rle.h"

namespace monodr {

MaskCache::MaskCache(std::string folder) : folder_(std::move(folder)) {
  if (is_on()) std::filesystem::create_directories(folder_);
}

std::optional<BinaryMask> MaskCache::find(const std::string& key) const {
  if (!is_on() || !std::filesystem::exists(path(key))) return std::nullopt;
  std::istringstream content(read_file(path(key)));
  int width = 0, height = 0;
  std::string runs;
  if (!(content >> width >> height >> runs) || width <= 0 || height <= 0) return std::nullopt;
  try {
    return mask_of_runs(runs_of_text(runs), width, height);
  } catch (const UserError&) {
    return std::nullopt;
  }
}

void MaskCache::store(const std::string& key, const BinaryMask& mask) const {
  if (!is_on()) return;
  write_file_atomically(
      path(key),
      fmt::format("{} {} {}\n", mask.width, mask.height, text_of_runs(runs_of_mask(mask))));
}

std::string MaskCache::path(const std::string& key) const {
  return (std::filesystem::path(folder_) / (key + ".rle")).string();
}

}  // namespace monodr
