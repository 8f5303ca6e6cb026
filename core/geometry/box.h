// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>

namespace monodr {

/// Axis-aligned box in image pixels, [left, right) x [top, bottom).
struct Box2d {
  double left = 0, top = 0, right = 0, bottom = 0;

  double width() const { return right - left; }
  double height() const { return bottom - top; }
  double area() const;
  Box2d clipped_to(double image_width, double image_height) const;
};

double intersection_over_union(const Box2d& a, const Box2d& b);

/// A KITTI 3-D box in the rectified camera frame (x right, y down, z forward, metres).
/// The object's own axes: x forward (length), y down (height), z to the object's left (width).
struct Box3d {
  Eigen::Vector3d location = Eigen::Vector3d::Zero();  ///< centre of the BOTTOM face
  double height = 0, width = 0, length = 0;            ///< KITTI's order: h, w, l
  double rotation_y = 0;                               ///< radians, 0 = heading along +x

  Eigen::Vector3d centre() const { return location - Eigen::Vector3d(0, height / 2, 0); }
  double volume() const { return height * width * length; }

  /// Corners 0-3: bottom face, front-left, front-right, rear-right, rear-left; 4-7: the top face in
  /// the same order.
  std::array<Eigen::Vector3d, 8> corners() const;
};

}  // namespace monodr
