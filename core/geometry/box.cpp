// SPDX-License-Identifier: Apache-2.0
#include "geometry/box.h"

#include <algorithm>

#include "geometry/rotation.h"
#include "kernels/monodr_kernels.h"

namespace monodr {

double Box2d::area() const {
  return std::max(0.0, width()) * std::max(0.0, height());
}

Box2d Box2d::clipped_to(double image_width, double image_height) const {
  return {std::clamp(left, 0.0, image_width),
          std::clamp(top, 0.0, image_height),
          std::clamp(right, 0.0, image_width),
          std::clamp(bottom, 0.0, image_height)};
}

double intersection_over_union(const Box2d& a, const Box2d& b) {
  const double of_a[4] = {a.left, a.top, a.right, a.bottom};
  const double of_b[4] = {b.left, b.top, b.right, b.bottom};
  double overlap = 0;
  monodr_image_overlap(of_a, of_b, &overlap);
  return overlap;
}

std::array<Eigen::Vector3d, 8> Box3d::corners() const {
  const Eigen::Matrix3d rotation = yaw_matrix(rotation_y);
  const double x[4] = {length / 2, length / 2, -length / 2, -length / 2};
  const double z[4] = {width / 2, -width / 2, -width / 2, width / 2};
  std::array<Eigen::Vector3d, 8> result;
  for (int i = 0; i < 8; ++i)
    result[i] = location + rotation * Eigen::Vector3d(x[i % 4], i < 4 ? 0 : -height, z[i % 4]);
  return result;
}

}  // namespace monodr
