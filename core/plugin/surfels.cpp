// SPDX-License-Identifier: Apache-2.0
#include "plugin/surfels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

namespace monodr {
namespace {

/// Corner `k` of each face, [N,F,3]; of a face that is padding that of vertex 0.
at::Tensor corner(const at::Tensor& values, const at::Tensor& faces, int64_t k) {
  if (faces.dim() == 2) return values.index_select(1, faces.select(1, k));
  const at::Tensor index = faces.select(2, k).clamp_min(0).unsqueeze(2).expand({-1, -1, 3});
  return values.gather(1, index);
}

/// [N,F,1]: 0 for padding.
at::Tensor is_face(const at::Tensor& faces, const at::Tensor& vertices) {
  const at::Tensor used = faces.select(-1, 0).ge(0).to(vertices.dtype()).unsqueeze(-1);
  return faces.dim() == 2 ? used.unsqueeze(0).expand({vertices.size(0), -1, -1}) : used;
}

at::Tensor normalised(const at::Tensor& vectors) {
  return vectors / vectors.square().sum(-1, true).clamp_min(1e-24).sqrt();
}

/// Normals of twice the faces' area, [N,F,3].
at::Tensor face_normals(const at::Tensor& vertices, const at::Tensor& faces) {
  const at::Tensor a = corner(vertices, faces, 0);
  return at::cross(corner(vertices, faces, 1) - a, corner(vertices, faces, 2) - a, 2) *
         is_face(faces, vertices);
}

}  // namespace

Surfels surfels_of(const at::Tensor& vertices, const at::Tensor& faces, const at::Tensor& colours) {
  const auto mean = [&](const at::Tensor& values) {
    return (corner(values, faces, 0) + corner(values, faces, 1) + corner(values, faces, 2)) / 3;
  };
  Surfels surfels;
  surfels.positions = mean(vertices);
  surfels.normals = normalised(face_normals(vertices, faces));
  at::Tensor farthest = at::zeros_like(surfels.positions.select(2, 0));
  for (int64_t k = 0; k < 3; ++k)
    farthest =
        at::maximum(farthest, (corner(vertices, faces, k) - surfels.positions).square().sum(2));
  surfels.radii = farthest.clamp_min(1e-24).sqrt() * is_face(faces, vertices).squeeze(2);
  if (colours.defined()) surfels.colours = mean(colours);
  return surfels;
}

at::Tensor vertex_normals(const at::Tensor& vertices, const at::Tensor& faces) {
  const at::Tensor normals = face_normals(vertices, faces);
  at::Tensor sums = at::zeros_like(vertices);
  for (int64_t k = 0; k < 3; ++k) {
    if (faces.dim() == 2)
      sums = sums.index_add(1, faces.select(1, k), normals);
    else
      sums = sums.scatter_add(
          1, faces.select(2, k).clamp_min(0).unsqueeze(2).expand({-1, -1, 3}), normals);
  }
  return normalised(sums);
}

}  // namespace monodr
