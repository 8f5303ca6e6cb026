// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "kernels/monodr_kernels.h"

namespace monodr {

/// The seven numbers of MONODR_BOX_NUMBERS.
struct Box {
  double height, width, length, x, y, z, rotation_y;

  explicit Box(const double* n)
      : height(n[0]), width(n[1]), length(n[2]), x(n[3]), y(n[4]), z(n[5]), rotation_y(n[6]) {}
  double volume() const { return height * width * length; }
};

struct ImageBox {
  double left, top, right, bottom;

  ImageBox(double l, double t, double r, double b) : left(l), top(t), right(r), bottom(b) {}
  explicit ImageBox(const double* n) : ImageBox(n[0], n[1], n[2], n[3]) {}
  double width() const { return right - left; }
  double height() const { return bottom - top; }
  double area() const { return std::max(0.0, width()) * std::max(0.0, height()); }
};

inline ImageBox intersection(const ImageBox& a, const ImageBox& b) {
  return {std::max(a.left, b.left),
          std::max(a.top, b.top),
          std::min(a.right, b.right),
          std::min(a.bottom, b.bottom)};
}

/// 0 or less where one box is above the other; y points down from the top, y - height.
inline double common_height(const Box& a, const Box& b) {
  return std::min(a.y, b.y) - std::max(a.y - a.height, b.y - b.height);
}

double footprint_intersection(const Box& a, const Box& b);
monodr_overlap solid_overlap(const Box& a, const Box& b);
double intersection_over_union(const ImageBox& a, const ImageBox& b);

}  // namespace monodr
