// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>

#include "common/screen_mesh.h"
#include "plugin/renderer.h"

namespace monodr {

/// The contiguous inputs of a batch, and pointers to one item of it.
struct MeshBatch {
  at::Tensor vertices, colours, intrinsics, faces;  ///< colours may be empty

  std::int64_t count() const { return vertices.size(0); }
  bool has_colours() const { return colours.numel() > 0; }

  template <typename Scalar>
  CameraMesh<Scalar> item(std::int64_t n) const {
    CameraMesh<Scalar> mesh;
    mesh.vertex_count = vertices.size(1);
    mesh.face_count = faces.size(-2);
    mesh.vertices = vertices.data_ptr<Scalar>() + n * mesh.vertex_count * 3;
    mesh.intrinsics = intrinsics.data_ptr<Scalar>() + n * 9;
    mesh.faces = faces.data_ptr<std::int64_t>() + (faces.dim() == 3 ? n * mesh.face_count * 3 : 0);
    if (has_colours()) mesh.colours = colours.data_ptr<Scalar>() + n * mesh.vertex_count * 3;
    return mesh;
  }
};

/// Item n of a tensor whose first dimension is the batch; null for an undefined tensor.
template <typename Scalar>
Scalar* item_of(const at::Tensor& tensor, std::int64_t n) {
  if (!tensor.defined()) return nullptr;
  return tensor.data_ptr<Scalar>() + n * (tensor.numel() / tensor.size(0));
}

/// Item n of an incoming gradient; null also where it is zero everywhere.
template <typename Scalar>
const Scalar* gradient_of(const at::Tensor& tensor, std::int64_t n) {
  if (!tensor.defined()) return nullptr;
  const Scalar* values = item_of<Scalar>(tensor, n);
  const std::int64_t count = tensor.numel() / tensor.size(0);
  for (std::int64_t i = 0; i < count; ++i)
    if (values[i] != 0) return values;
  return nullptr;
}

/// Calls function(item) for every item, in parallel. Threads take the next item as they come free,
/// because items differ in cost. The calling file must be compiled with OpenMP.
template <class Function>
void for_each_item(std::int64_t count, const Function& function) {
  std::atomic<std::int64_t> next = 0;
  const std::int64_t workers = std::min<std::int64_t>(count, at::get_num_threads());
  at::parallel_for(0, workers, 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t n = next++; n < count; n = next++) function(n);
  });
}

/// Into how many parts each item of a batch is best cut: one where there are items enough to keep
/// all threads busy to the end.
inline int parts_an_item(std::int64_t count) {
  const int threads = at::get_num_threads();
  return count >= 4 * threads || count % threads == 0 ? 1 : threads;
}

/// Shapes and types as RenderInput states them.
void check_render_input(const RenderInput& input, const RenderRequest& request);

/// Throws the UserError that names renderer, batch item and vertex or face.
[[noreturn]] void throw_mesh_fault(const std::string& renderer,
                                   MeshFault fault,
                                   std::int64_t item,
                                   std::int64_t index);

}  // namespace monodr
