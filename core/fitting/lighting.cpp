// SPDX-License-Identifier: Apache-2.0
#include "fitting/lighting.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double kDarkest = 0.2;

void add_normals(const float* vertices, const int64_t* faces, int64_t count, float* normals) {
  for (int64_t f = 0; f < count; ++f) {
    const int64_t *face = faces + 3 * f, first = face[0];
    if (first < 0) break;  // padding comes last
    const float *a = vertices + 3 * first, *b = vertices + 3 * face[1], *c = vertices + 3 * face[2];
    const float u[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
    const float v[3] = {c[0] - a[0], c[1] - a[1], c[2] - a[2]};
    const float cross[3] = {
        u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
    for (int corner = 0; corner < 3; ++corner)
      for (int i = 0; i < 3; ++i) normals[3 * face[corner] + i] += cross[i];
  }
}

void normalise(int64_t count, float* normals) {
  for (int64_t v = 0; v < count; ++v) {
    float* n = normals + 3 * v;
    const float length = std::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
    const float scale = length > 0 ? 1 / length : 0;
    for (int i = 0; i < 3; ++i) n[i] *= scale;
  }
}

}  // namespace

at::Tensor vertex_normals(const at::Tensor& vertices, const at::Tensor& faces) {
  const at::Tensor points = vertices.detach().contiguous(), corners = faces.contiguous();
  MONODR_CHECK(points.scalar_type() == at::kFloat, "vertices must be float32");
  const int64_t items = points.size(0), count = points.size(1), triangles = corners.size(-2);
  const int64_t own_faces = corners.dim() == 3 ? 3 * triangles : 0;
  at::Tensor normals = at::zeros_like(points);
  const float* from = points.data_ptr<float>();
  float* to = normals.data_ptr<float>();
  const int64_t* face = corners.data_ptr<int64_t>();
  at::parallel_for(0, items, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      add_normals(from + 3 * count * n, face + own_faces * n, triangles, to + 3 * count * n);
      normalise(count, to + 3 * count * n);
    }
  });
  return normals;
}

at::Tensor lit_colours(const at::Tensor& colours,
                       const at::Tensor& normals,
                       const at::Tensor& light) {
  return colours * (1 + at::bmm(normals, light.unsqueeze(2))).clamp_min(kDarkest);
}

}  // namespace monodr
