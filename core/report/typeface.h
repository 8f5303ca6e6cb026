// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

// The letters of figures are drawn as outlines of one typeface, DejaVu Sans set 10 % narrower, read from the
// one file that the build found. So a figure looks the same wherever it is shown, whatever fonts are there.

/// A text as outlines, in units of which `typeface_units` make the type size.
struct OutlinedText {
  std::string path;  ///< SVG path data: x from the text's start, y upward from its base line
  double width = 0;  ///< in the same units
  /// Characters that the typeface has not got: they stay text, and look as the viewer's fonts have it.
  struct Foreign {
    double x = 0;
    std::string character;
  };
  std::vector<Foreign> foreign;
};

inline constexpr double typeface_units = 2048;
inline constexpr double typeface_narrowing =
    0.9;  ///< of all x, already in `width`, not yet in `path`

/// Line breaks and tabs are blanks. Throws UserError where the file is gone.
OutlinedText outlined(const std::string& text, bool bold = false);

/// How wide a text is set, in the unit of `size`.
double text_width(const std::string& text, double size = 10, bool bold = false);

/// The text, cut with "..." where it would be wider.
std::string fitted_text(const std::string& text, double width, double size = 10, bool bold = false);

/// The text in lines that are no wider, broken at blanks, behind the signs of a key, or where no other place is
/// left; at least one line.
std::vector<std::string> wrapped_text(const std::string& text,
                                      double width,
                                      double size = 10,
                                      bool bold = false);

}  // namespace monodr
