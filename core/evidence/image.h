// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace monodr {

/// A row-major picture with one value a pixel. Pixel (x, y) covers [x, x+1) x [y, y+1).
template <typename Value>
struct Plane {
  int width = 0, height = 0;
  std::vector<Value> values;

  Plane() = default;
  Plane(int width_, int height_, Value fill = Value())
      : width(width_), height(height_), values(std::size_t(width_) * height_, fill) {}

  bool empty() const { return values.empty(); }
  bool contains(int x, int y) const { return x >= 0 && y >= 0 && x < width && y < height; }
  Value& at(int x, int y) { return values[std::size_t(y) * width + x]; }
  const Value& at(int x, int y) const { return values[std::size_t(y) * width + x]; }
};

/// One byte a pixel: 0 = no, 1 = yes.
using BinaryMask = Plane<std::uint8_t>;

/// 8-bit colour picture, R G B R G B ... in rows.
struct ColourImage {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;

  ColourImage() = default;
  ColourImage(int width_, int height_)
      : width(width_), height(height_), rgb(std::size_t(3) * width_ * height_) {}

  std::uint8_t* pixel(int x, int y) { return &rgb[3 * (std::size_t(y) * width + x)]; }
  const std::uint8_t* pixel(int x, int y) const { return &rgb[3 * (std::size_t(y) * width + x)]; }
};

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
