// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

/// Where a drawing goes: an .svg file as it is, or a .png that rsvg-convert makes of it.
class PictureFile {
 public:
  /// UserError for any other ending.
  explicit PictureFile(std::string path);

  /// `svg` is drawn for 96 dots per inch. UserError where rsvg-convert is missing or fails.
  void write(const std::string& svg, double dots_per_inch) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool is_png_;
};

}  // namespace monodr
