// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace monodr {

/// What one observation says of its object's box.
template <typename T>
struct LiftSource {
  const T* depth;       ///< [side,side] metres, 0 = none
  const T* mask;        ///< [side,side]
  const T* known;       ///< [side,side]
  const T* intrinsics;  ///< [3,3] of the crop
  const T* box;         ///< left, top, right, bottom in crop pixels
  const T* free_sides;  ///< [4]
  const T* size_mean;   ///< height, width, length of the class, metres
  int side;
  int maximum;  ///< points; more are thinned out evenly
};

struct LiftedBox {
  std::array<double, 3> location{};  ///< centre of the bottom face, metres
  double rotation_y = 0;             ///< of the box's long axis: front and rear are not told apart
  bool is_found = false;             ///< false with fewer than 8 points
};

/// The upright box of the class's mean size whose near sides pass through the points and whose picture stands in the 2-D box;
/// corners.cpp has the formula.
template <typename T>
LiftedBox lift_box(const LiftSource<T>& source);

}  // namespace monodr
