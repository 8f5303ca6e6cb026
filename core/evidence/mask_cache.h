// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/file_cache.h"
#include "evidence/image.h"

namespace monodr {

/// Masks that took long to cut, kept for the next cell: `folder`/<key>.rle, one a mask, as text
/// ("width height" and COCO's compressed run lengths). The key is a hash of all that the mask
/// depends on (base/file_cache.h).
class MaskCache {
 public:
  explicit MaskCache(std::string folder);  ///< "" = nothing is kept

  bool is_on() const { return files_.is_on(); }
  /// Nothing where the mask is not there or its file is damaged.
  std::optional<BinaryMask> find(const std::string& key) const;
  void store(const std::string& key, const BinaryMask& mask) const;

 private:
  FileCache files_;
};

}  // namespace monodr
