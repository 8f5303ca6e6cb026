// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace monodr {

/// Oriented points of a surface, for renderers that draw discs (Pfister et al., Surfels, SIGGRAPH 2000; Zakharov et
/// al., Autolabeling 3D Objects with Differentiable Rendering of SDF Shape Priors, CVPR 2020). N items, P points.
struct Surfels {
  at::Tensor positions;  ///< [N,P,3]
  at::Tensor normals;    ///< [N,P,3] of length 1, outward
  at::Tensor radii;      ///< [N,P] of the discs, in the unit of the positions; 0 = no disc
  at::Tensor colours;    ///< [N,P,3] RGB; may be undefined
  at::Tensor canonical;  ///< [N,P,3] the positions before they were posed; needed by channels alone

  bool defined() const { return positions.defined(); }
};

/// Of what a shape is made: what a prior decodes to, what a renderer draws.
struct GeometryKinds {
  bool meshes = true, surfels = false;

  std::string text() const;  ///< "meshes", "surfels", "meshes and surfels"
};

/// Where surfels lie on a mesh: points of faces, the same for every shape of one topology.
struct SurfelSampling {
  at::Tensor faces;    ///< [P] or, where each item has faces of its own, [N,P]: row of `faces`
  at::Tensor weights;  ///< [P,3] or [N,P,3], of the face's corners; their sum is 1
  at::Tensor
      expected;  ///< [P] or [N,P]: how many surfels lie on that face, a fraction for a small one
};

/// `count` points spread over the surface by area: point i lies on the face at (i + 1/2) / count of the total area, and
/// on it where the R2 sequence says (Roberts, 2018). No chance is in it, and no gradient. `vertices` [1,V,3] with
/// faces [F,3]: of a reference shape, the mean say; [N,V,3] with faces [N,F,3] padded with -1: each item has its own.
SurfelSampling sample_surface(const at::Tensor& vertices, const at::Tensor& faces, int64_t count);

/// Those points as surfels, differentiable in vertices, colours and canonical vertices [N,V,3] (the last two may be
/// undefined). The normal is the face's; the disc has four times the area that the surfel stands for, area of the face /
/// expected number on it, so that the discs close the surface also where a shape is stretched beside the reference.
Surfels surfels_of(const SurfelSampling& sampling,
                   const at::Tensor& vertices,
                   const at::Tensor& faces,
                   const at::Tensor& colours,
                   const at::Tensor& canonical = {});

/// [N,V,3] normals of length 1 at the vertices: the faces' normals weighted by their areas. Differentiable.
at::Tensor vertex_normals(const at::Tensor& vertices, const at::Tensor& faces);

}  // namespace monodr
