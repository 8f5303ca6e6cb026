// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "synthetic/scene.h"

namespace monodr {

/// A point of a car's surface.
struct SurfacePoint {
  Eigen::Vector3f position;  ///< object's axes, metres
  Eigen::Vector3f normal;    ///< rectified frame, unit
  Eigen::Vector3f object_normal;
  Eigen::Vector3f to_eye;  ///< rectified frame, unit
  float height = 0;        ///< above the ground, metres
  float footprint = 0;     ///< size of a pixel at the point, metres
  Material material = Material::paint;
};

/// Radiance (linear RGB) of a car's surface: diffuse sun and sky, a clear coat or glass that
/// mirrors the surroundings (Schlick's Fresnel term), the sun's highlight, and small things that
/// the mesh leaves out (gaps of the doors, handles, spokes, slats of the grille, characters on the
/// plates).
Eigen::Vector3f shade_car(const Scene& scene, const SceneCar& car, const SurfacePoint& point);

/// A pole: diffuse only.
Eigen::Vector3f shade_matt(const Scene& scene,
                           const Eigen::Vector3f& albedo,
                           const Eigen::Vector3f& normal);

/// sRGB-like colour in [0,1] to linear.
Eigen::Vector3f to_linear(const Eigen::Vector3f& colour);

}  // namespace monodr
