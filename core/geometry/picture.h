// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
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

}  // namespace monodr
