// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <string>

namespace monodr {

/// canonical = rotation * file, for a file in which up and forward point along `axes`: "+y -z" is a sign and a letter each,
/// of different axes ("-y +x" are the canonical ones of geometry/mesh.h).
inline Eigen::Matrix3f rotation_of_axes(const std::string& axes) {
  const auto direction = [&](std::size_t at) {
    Eigen::Vector3f axis = Eigen::Vector3f::Zero();
    axis[axes.at(at + 1) - 'x'] = axes.at(at) == '+' ? 1.F : -1.F;
    return axis;
  };
  // Not Eigen's cross(), whose header is large.
  const Eigen::Vector3f ahead = direction(3), down = -direction(0);
  Eigen::Matrix3f rotation;
  rotation.row(0) = ahead;
  rotation.row(1) = down;
  rotation.row(2) << ahead.y() * down.z() - ahead.z() * down.y(),
      ahead.z() * down.x() - ahead.x() * down.z(), ahead.x() * down.y() - ahead.y() * down.x();
  return rotation;
}

}  // namespace monodr
