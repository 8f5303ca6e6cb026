// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/TensorAccessor.h>

#include <Eigen/Core>
#include <array>
#include <cmath>

#include "fitting/object_state.h"
#include "geometry/rotation.h"

namespace monodr {

/// A box of the class's size as it enters a state.
struct StartPose {
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();  ///< of the box, camera frame, metres
  double rotation_y = 0;                             ///< radians
};

/// Writes position, depth and heading of the pose into a row of the state. `k` are the crop's intrinsics [9].
inline void write_pose(const StartPose& pose,
                       const float* k,
                       double half_crop,
                       at::TensorAccessor<float, 1> row) {
  const Eigen::Vector3d& c = pose.centre;
  row[0] = static_cast<float>((k[0] * c.x() / c.z() + k[2]) / half_crop - 1);
  row[1] = static_cast<float>((k[4] * c.y() / c.z() + k[5]) / half_crop - 1);
  row[StateLayout::kDepth] = static_cast<float>(std::log(c.z()));
  row[StateLayout::kHeading] =
      static_cast<float>(alpha_from_rotation_y(pose.rotation_y, c.x(), c.z()));
}

}  // namespace monodr
