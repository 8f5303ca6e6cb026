// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <vector>

#include "settings/dataset.h"
#include "synthetic/scene.h"

namespace monodr {

/// One of the frames that a moving camera takes of a scene.
struct SequenceFrame {
  double time = 0;  ///< s, the first frame's is 0
  Eigen::Isometry3d camera_to_world =
      Eigen::Isometry3d::Identity();  ///< rectified frame; world = the first frame's camera
  Scene scene;  ///< as seen from there: only the cars and poles that are wholly before the camera
  std::vector<int> tracks;  ///< of the scene's cars
};

/// 10 frames a second, as KITTI's.
inline constexpr double kFramePeriod = 0.1;

/// Sequence number `index` of a seed: random_scene(seed, index) is what stands before the camera in its middle frame. The
/// camera drives with 0-14 m/s along its axis and turns with up to 0.2 rad/s; cars are parked, drive straight with 3-14 m/s,
/// or turn with 0.15-0.5 rad/s as well, on circles of 6 m radius or more, the way that they look. Nothing collides; cars
/// that leave the picture by more than 30 % or come nearer than 5 m in any of the frames are left out.
std::vector<SequenceFrame> random_sequence(std::uint64_t seed,
                                           int index,
                                           int frames,
                                           SequenceMotion motion);

}  // namespace monodr
