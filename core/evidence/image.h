// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "geometry/picture.h"

namespace monodr {

/// PNG or JPEG; grey pictures become RGB. A missing, truncated or damaged file is a UserError that
/// names it.
ColourImage load_colour_image(const std::string& path);

/// One-channel PNG of up to 16 bits, values as the file has them: those of 1, 2 and 4 bits are not
/// spread, those of a palette are its indices (as masks are often saved); one of several equal channels will do.
/// UserError as above, for colour pictures, and for a PNG of fewer bits a pixel than `fewest_bits`.
Plane<std::uint16_t> load_plane16(const std::string& path, int fewest_bits = 1);

/// The numbers of a one-channel PNG, TIFF or EXR as they stand there (one of several equal channels will do).
struct NumberPicture {
  Plane<float> values;
  int bits = 0;           ///< of a number
  bool is_whole = false;  ///< the file holds whole numbers, not floats
};
/// UserError as above.
NumberPicture load_numbers(const std::string& path);

/// Write PNG files; the same picture gives the same bytes. UserError where the file cannot be
/// written.
void save_png(const std::string& path, const ColourImage& image);
void save_png(const std::string& path, const Plane<std::uint16_t>& plane);

}  // namespace monodr
