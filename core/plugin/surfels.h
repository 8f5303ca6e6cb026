// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// Oriented points of a surface, for renderers that draw discs (SDFLabel, CVPR 2020). N items, P points.
struct Surfels {
  at::Tensor positions;  ///< [N,P,3]
  at::Tensor normals;    ///< [N,P,3] of length 1, outward
  at::Tensor radii;      ///< [N,P] of the discs; 0 = no disc
  at::Tensor colours;    ///< [N,P,3] RGB; may be undefined

  bool defined() const { return positions.defined(); }
};

/// Of what a shape is made: what a prior decodes to, what a renderer draws.
struct GeometryKinds {
  bool meshes = true, surfels = false;
};

/// One surfel a face of meshes: its centroid, its normal, the mean colour of its corners, and the radius of the
/// disc around the centroid that reaches its farthest corner, so that the discs close the surface. Differentiable in
/// vertices and colours; which surfel is which depends on the faces alone. vertices [N,V,3], faces [F,3] or
/// [N,F,3] padded with -1 (radius 0), colours [N,V,3] or undefined.
Surfels surfels_of(const at::Tensor& vertices, const at::Tensor& faces, const at::Tensor& colours);

/// [N,V,3] normals of length 1 at the vertices: the faces' normals weighted by their areas. Differentiable.
at::Tensor vertex_normals(const at::Tensor& vertices, const at::Tensor& faces);

}  // namespace monodr
