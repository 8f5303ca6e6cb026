// SPDX-License-Identifier: Apache-2.0
#include "plugin/decoded_mesh.h"

#include <ATen/Functions.h>

namespace monodr {
namespace {

std::vector<Eigen::Vector3f> rows_of(const at::Tensor& tensor, int64_t count) {
  const at::Tensor values = tensor.narrow(0, 0, count).to(at::kFloat).contiguous();
  std::vector<Eigen::Vector3f> rows;
  for (int64_t i = 0; i < count; ++i) rows.emplace_back(values.data_ptr<float>() + 3 * i);
  return rows;
}

}  // namespace

Mesh mesh_of(const DecodedShape& shape, int64_t n) {
  if (!shape.faces.defined()) {
    const at::Tensor positions = shape.surfels.positions.select(0, n);
    const at::Tensor colours = shape.surfels.colours.defined() ? shape.surfels.colours.select(0, n)
                                                               : at::full_like(positions, 0.5);
    Mesh points;
    points.vertices = rows_of(positions, positions.size(0));
    points.colours = rows_of(colours, positions.size(0));
    return points;
  }
  const at::Tensor faces =
      (shape.faces.dim() == 3 ? shape.faces.select(0, n) : shape.faces).contiguous();
  Mesh mesh;
  int64_t used = shape.faces.dim() == 3 ? 0 : shape.vertices.size(1);
  const int64_t* face = faces.data_ptr<int64_t>();
  for (int64_t i = 0; i < faces.size(0); ++i, face += 3) {
    if (face[0] < 0) continue;
    mesh.faces.push_back(
        {static_cast<int>(face[0]), static_cast<int>(face[1]), static_cast<int>(face[2])});
    used = std::max({used, face[0] + 1, face[1] + 1, face[2] + 1});
  }
  mesh.vertices = rows_of(shape.vertices.select(0, n), used);
  mesh.colours = rows_of(shape.colours.select(0, n), used);
  return mesh;
}

}  // namespace monodr
