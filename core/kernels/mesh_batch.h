// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/screen_mesh.h"
#include "kernels/strided.h"

namespace monodr {

// The batches of the C interface, an item at a time. Each reads by way of copies that a thread
// keeps.

template <typename Scalar>
struct MeshBatch {
  struct Copies {
    std::vector<Scalar> vertices, colours, intrinsics;
    std::vector<std::int64_t> faces;
  };
  std::int64_t count = 0, vertex_count = 0, face_count = 0;
  ItemArray<Scalar> vertices, colours, intrinsics;
  ItemArray<std::int64_t> faces;

  /// Fails for what cannot be read. Colours are left aside unless they are `wanted`.
  MeshBatch(const monodr_meshes& meshes, bool colours_wanted);
  CameraMesh<Scalar> item(std::int64_t n, Copies& copies) const;
};

/// The images of one item, row after row, or gradients of them; null where there is none.
template <typename Scalar>
struct ChannelImages {
  Scalar* silhouette = nullptr;  ///< [H,W]
  Scalar* depth = nullptr;       ///< [H,W]
  Scalar* colour = nullptr;      ///< [3,H,W]

  bool shaded() const { return depth != nullptr || colour != nullptr; }
  bool none() const { return silhouette == nullptr && !shaded(); }
};

template <typename Scalar>
struct ImageBatch {
  struct Copies {
    std::vector<Scalar> silhouette, depth, colour;
  };
  ItemArray<Scalar> silhouette, depth, colour;

  ImageBatch(const monodr_images& images, std::int64_t count, int height, int width);
  void check_apart() const;
  bool dense() const { return silhouette.dense() && depth.dense() && colour.dense(); }
  bool shaded() const { return depth || colour; }
  ChannelImages<const Scalar> read(std::int64_t n, Copies& copies) const;
  /// A channel that is zero everywhere counts as absent.
  ChannelImages<const Scalar> read_nonzero(std::int64_t n, Copies& copies) const;
  ChannelImages<Scalar> write(std::int64_t n, Copies& copies) const;
  void finish(std::int64_t n, const Copies& copies) const;
};

template <typename Scalar>
struct MeshGradientBatch {
  struct Copies {
    std::vector<Scalar> vertices, colours, intrinsics;
  };
  ItemArray<Scalar> vertices, colours, intrinsics;

  MeshGradientBatch(const monodr_mesh_gradients& gradients, const monodr_meshes& meshes);
  CameraMeshGradient<Scalar> write_zeros(std::int64_t n, Copies& copies) const;
  void finish(std::int64_t n, const Copies& copies) const;
};

/// Fails for a record of item n: it names a triangle that its mesh has not.
[[noreturn]] void fail_for_record(std::int64_t n);

/// Fails unless 1 <= height, width <= 16384 and 0 < near < far.
void check_camera(std::int64_t height, std::int64_t width, double near, double far);

/// Calls function.template operator()<Scalar>() for the type of the meshes.
template <class Function>
void for_type_of(const monodr_meshes& meshes, const Function& function) {
  if (meshes.type == MONODR_FLOAT32)
    function.template operator()<float>();
  else if (meshes.type == MONODR_FLOAT64)
    function.template operator()<double>();
  else
    fail(MONODR_BAD_VALUE, "type = %d is neither MONODR_FLOAT32 nor MONODR_FLOAT64", meshes.type);
}

}  // namespace monodr
