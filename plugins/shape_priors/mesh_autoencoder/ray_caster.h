// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>
#include <vector>

#include "geometry/mesh.h"

namespace monodr::mesh_autoencoder {

/// Rays from one fixed point to the outermost surface of a mesh that may consist of several closed,
/// overlapping parts: the farthest hit is on the boundary of their union.
class RayCaster {
 public:
  struct Hit {
    float distance = 0;  ///< along the unit direction
    Eigen::Vector3f colour = Eigen::Vector3f::Constant(0.5F);
  };

  /// `mesh` must outlive the caster.
  RayCaster(const Mesh& mesh, const Eigen::Vector3f& origin);

  /// The farthest hit along the unit vector `direction`, or nothing.
  std::optional<Hit> farthest(const Eigen::Vector3f& direction) const;

 private:
  const Mesh& mesh_;
  Eigen::Vector3f origin_;
  // The cone from the origin around each face, axis and cosine of the half angle, one array a
  // coordinate: nearly all faces are ruled out by one inner product.
  std::vector<float> axis_x_, axis_y_, axis_z_, cosine_;
  mutable std::vector<unsigned char> candidate_;
};

}  // namespace monodr::mesh_autoencoder
