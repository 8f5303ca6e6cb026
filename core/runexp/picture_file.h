// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

/// Where a drawing goes: an .svg file as it is, or a .pdf or .png that rsvg-convert makes of it. The same drawing
/// gives the same bytes.
class PictureFile {
 public:
  /// UserError for any other ending.
  explicit PictureFile(std::string path);

  /// `svg` is drawn for 96 dots per inch, `dots_per_inch` are those of a PNG. UserError where rsvg-convert is missing or fails.
  void write(const std::string& svg, double dots_per_inch) const;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::string extension_;
};

}  // namespace monodr
