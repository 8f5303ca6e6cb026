// SPDX-License-Identifier: Apache-2.0
#include "evidence/mask_cache.h"

#include <sstream>
#include <utility>

#include "base/error.h"
#include "evidence/coco_rle.h"

namespace monodr {

MaskCache::MaskCache(std::string folder) : files_(std::move(folder), ".rle") {}

std::optional<BinaryMask> MaskCache::find(const std::string& key) const {
  const std::optional<std::string> entry = files_.find(key);
  if (!entry) return std::nullopt;
  std::istringstream content(*entry);
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
  files_.store(
      key, fmt::format("{} {} {}\n", mask.width, mask.height, text_of_runs(runs_of_mask(mask))));
}

}  // namespace monodr
