// SPDX-License-Identifier: Apache-2.0
#include "plugin/surfels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.h"

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

at::Tensor lengths(const at::Tensor& vectors) {
  return vectors.square().sum(-1, true).clamp_min(1e-24).sqrt();
}

/// Normals of twice the faces' area, [N,F,3].
at::Tensor face_normals(const at::Tensor& vertices, const at::Tensor& faces) {
  const at::Tensor a = corner(vertices, faces, 0);
  return at::cross(corner(vertices, faces, 1) - a, corner(vertices, faces, 2) - a, 2) *
         is_face(faces, vertices);
}

/// The sampling of one item, into rows of P.
void sample_item(const double* areas,
                 int64_t face_count,
                 int64_t count,
                 int64_t* faces,
                 double* weights,
                 double* expected) {
  // 1/p and 1/p^2 of the plastic number p: the R2 sequence, on each face from its centroid on.
  constexpr double kFirst = 0.7548776662466927, kSecond = 0.5698402909980532;
  std::vector<double> up_to(static_cast<size_t>(face_count));
  double total = 0, whole = 0;
  for (int64_t f = 0; f < face_count; ++f) up_to[f] = total += areas[f];
  int64_t last = -1, on_face = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double wanted = (double(i) + 0.5) / double(count) * total;
    const auto found = std::upper_bound(up_to.begin(), up_to.end(), wanted);
    const int64_t face = std::min<int64_t>(found - up_to.begin(), face_count - 1);
    on_face = face == last ? on_face + 1 : 0;
    last = face;
    double b = std::modf(1.0 / 3 + double(on_face) * kFirst, &whole);
    double c = std::modf(1.0 / 3 + double(on_face) * kSecond, &whole);
    if (b + c > 1) b = 1 - b, c = 1 - c;  // the parallelogram's other half
    faces[i] = face;
    weights[3 * i] = 1 - b - c;
    weights[3 * i + 1] = b;
    weights[3 * i + 2] = c;
    expected[i] = total > 0 ? std::max(double(count) * areas[face] / total, 1e-9) : 1;
  }
}

/// Rows `index` ([P] or [N,P]) of per-face values [N,F,C].
at::Tensor rows(const at::Tensor& values, const at::Tensor& index) {
  if (index.dim() == 1) return values.index_select(1, index);
  return values.gather(1, index.unsqueeze(2).expand({-1, -1, values.size(2)}));
}

}  // namespace

std::string GeometryKinds::text() const {
  if (meshes && surfels) return "meshes and surfels";
  return meshes ? "meshes" : surfels ? "surfels" : "nothing";
}

SurfelSampling sample_surface(const at::Tensor& vertices, const at::Tensor& faces, int64_t count) {
  const int64_t items = vertices.size(0), face_count = faces.size(-2);
  MONODR_CHECK(faces.dim() == 3 || items == 1, "shared faces are sampled by one reference shape");
  MONODR_CHECK(count > 0 && face_count > 0, "a mesh of {} faces, {} surfels", face_count, count);
  const at::Tensor areas =
      face_normals(vertices.detach().to(at::kDouble), faces).square().sum(2).sqrt().contiguous();
  SurfelSampling sampling{at::empty({items, count}, at::kLong),
                          at::empty({items, count, 3}, at::kDouble),
                          at::empty({items, count}, at::kDouble)};
  for (int64_t n = 0; n < items; ++n)
    sample_item(areas.data_ptr<double>() + n * face_count,
                face_count,
                count,
                sampling.faces.data_ptr<int64_t>() + n * count,
                sampling.weights.data_ptr<double>() + n * count * 3,
                sampling.expected.data_ptr<double>() + n * count);
  if (faces.dim() == 3) return sampling;
  return {sampling.faces[0], sampling.weights[0], sampling.expected[0]};
}

Surfels surfels_of(const SurfelSampling& sampling,
                   const at::Tensor& vertices,
                   const at::Tensor& faces,
                   const at::Tensor& colours,
                   const at::Tensor& canonical) {
  const at::Tensor chosen = faces.dim() == 2 ? faces.index_select(0, sampling.faces)
                                             : rows(faces, sampling.faces);  // [P,3] or [N,P,3]
  const at::Tensor weights = sampling.weights.to(vertices.scalar_type());
  const auto at_points = [&](const at::Tensor& values) {
    at::Tensor sum;
    for (int64_t k = 0; k < 3; ++k) {
      const at::Tensor part = corner(values, chosen, k) * weights.select(-1, k).unsqueeze(-1);
      sum = k == 0 ? part : sum + part;
    }
    return sum;
  };
  // A disc of twice the radius of that which has the area a surfel stands for: points that are spread evenly leave
  // holes between discs of once the area.
  constexpr double kReach = 2;
  const at::Tensor across = face_normals(vertices, chosen), doubled = lengths(across);
  const at::Tensor area =
      doubled.squeeze(2) / 2 / sampling.expected.to(vertices.scalar_type()).clamp_min(1e-9);
  Surfels surfels;
  surfels.positions = at_points(vertices);
  surfels.normals = across / doubled;
  surfels.radii = kReach * (area / std::numbers::pi).sqrt() * is_face(chosen, vertices).squeeze(2);
  if (colours.defined()) surfels.colours = at_points(colours);
  if (canonical.defined()) surfels.canonical = at_points(canonical);
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
  return sums / lengths(sums);
}

}  // namespace monodr
