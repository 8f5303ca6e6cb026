// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <vector>

#include "geometry/mesh.h"
#include "template_mesh.h"

namespace monodr::mesh_autoencoder {

/// The left half (z >= 0) of the template laid on a mesh: place and colour of each half vertex.
struct Registration {
  std::vector<Eigen::Vector3f> vertices;
  std::vector<Eigen::Vector3f> colours;
  int missed = 0;  ///< rays without a hit, filled in from their neighbours
};

/// Lays the template on the outer surface of a canonical mesh (closed parts that may overlap).
///
/// Each vertex goes along a ray from a low point inside the car to the farthest hit; then
/// `relaxations` times each ray turns towards the mean of the vertex's neighbours and is cast
/// again, which spreads the vertices over the surface. So the surface must be star-shaped about
/// the point to be met exactly; cars are but for their underside and wheel arches. The right half
/// of the mesh is taken to be the mirror image of the left one.
Registration register_template(const TemplateMesh& mesh_template,
                               const std::vector<std::vector<int>>& neighbours,
                               const Mesh& mesh,
                               int relaxations);

/// The whole mesh from its half: mirrored in z, with the template's faces.
Mesh mirror_half(const TemplateMesh& mesh_template,
                 const std::vector<Eigen::Vector3f>& vertices,
                 const std::vector<Eigen::Vector3f>& colours);

}  // namespace monodr::mesh_autoencoder
