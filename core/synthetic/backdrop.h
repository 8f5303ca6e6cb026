// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "evidence/image.h"
#include "synthetic/scene.h"
#include "synthetic/visibility.h"

namespace monodr {

/// Smooth noise in [0,1] on a lattice of unit cells.
float value_noise(float x, float y, std::uint32_t seed);

/// Radiance of the sky and, below the horizon, of the ground far away; linear RGB. `direction` is a
/// unit vector in the rectified frame.
Eigen::Vector3f open_sky(const Scene& scene, const Eigen::Vector3f& direction);

/// What a car mirrors: the sky above a skyline of houses and trees.
Eigen::Vector3f surroundings(const Scene& scene, const Eigen::Vector3f& direction);

/// Everything behind the cars and poles: one ray a pixel, through its centre.
struct Backdrop {
  std::vector<Eigen::Vector3f> radiance;  ///< linear RGB, row-major
  Plane<float> depth;                     ///< metres along camera 2's axis, 0 = sky
};
Backdrop render_backdrop(const Scene& scene, const std::vector<SceneObject>& objects);

}  // namespace monodr
