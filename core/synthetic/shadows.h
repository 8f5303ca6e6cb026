// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "synthetic/scene.h"
#include "synthetic/visibility.h"

namespace monodr {

/// Shadows on the ground: each object's faces projected along the sun's rays, with a soft edge, and
/// the darkness under and around the cars that an open sky leaves.
class GroundShadows {
 public:
  GroundShadows(const Scene& scene, const std::vector<SceneObject>& objects);

  /// Share of the sun that reaches the ground at (x, z), 0..1.
  float sun(float x, float z) const;
  /// Share of the sky that the ground at (x, z) sees, 0..1.
  float sky(float x, float z) const;

 private:
  // A patch of the ground, covered by one object's shadow where the value is 1.
  struct Patch {
    float left = 0, near = 0;
    int width = 0, height = 0;
    std::vector<float> cover;
    float at(float x, float z) const;
  };
  static Patch project(const SceneObject& object, const Eigen::Vector3f& to_sun, float ground);

  std::vector<Patch> patches_;
  std::vector<Box3d> footprints_;
};

}  // namespace monodr
