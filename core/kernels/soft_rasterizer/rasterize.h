// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/mesh_batch.h"
#include "kernels/soft_rasterizer/faces.h"
#include "kernels/soft_rasterizer/settings.h"

namespace monodr::soft_rasterizer {

/// The images of one item. A null pointer is a channel that nobody asked for; the record keeps what
/// the backward pass needs of the chosen blending.
template <typename Scalar>
struct Images : ChannelImages<Scalar> {
  std::int32_t* nearest = nullptr;  ///< [H,W] hard: triangle of the ScreenMesh, -1 where none
  Scalar* exponent = nullptr;       ///< [H,W] softmax: the largest exponent
  Scalar* weight = nullptr;         ///< [H,W] softmax: sum of the faces' weights relative to it
};

/// Incoming gradients of one item; null where there is none.
template <typename Scalar>
using ImageGradients = ChannelImages<const Scalar>;

/// Gradients of faces' corners, kept by face: whoever computes them, they are added to the vertices
/// in the order of the faces, so that the bits do not depend on how the work was divided.
struct FaceGradients {
  /// Values a corner: u, v of the cover; u, v, inverse depth and colour of the shading. Apart,
  /// because sums over one and the other proceed in no fixed order.
  static constexpr int kCover = 2, kShading = 6;

  int values = 0;           ///< kCover, or kCover + kShading
  std::vector<float> data;  ///< [triangles,3,values]

  void reset(std::size_t triangles, bool shaded) {
    values = shaded ? kCover + kShading : kCover;
    data.assign(triangles * 3 * values, 0);
  }
  float* of_triangle(std::size_t triangle) { return data.data() + triangle * 3 * values; }
  void add_to(const ScreenMesh& mesh, ScreenMeshGradient& gradient) const;
};

/// Memory of one thread, kept from item to item: fresh memory costs more than drawing a small mesh
/// into it.
struct Scratch {
  ScreenMesh mesh;
  ScreenMeshGradient gradient;
  FaceGradients face_gradients;
  std::vector<float> planes;
};

/// Which share of an item to work on: forward a band of the image, backward some of the triangles.
/// All shares together give the same bits as the whole.
struct Part {
  int index = 0, count = 1;
};

// The method stands in monodr_kernels.h.

/// Draws scratch.mesh in float32 with explicit SIMD, the widest instruction set of the machine. May
/// put its triangles into another order.
void rasterize(const Settings& settings, Part part, Scratch& scratch, const Images<float>& images);

/// Adds to `face_gradients`, which has been reset, for the part's triangles of scratch.mesh.
void rasterize_backward(const Settings& settings,
                        Part part,
                        Scratch& scratch,
                        const Images<const float>& images,
                        const ImageGradients<float>& gradients,
                        FaceGradients& face_gradients);

/// The same in double, one pixel and one triangle at a time: written to be read, and the oracle.
void rasterize(const ScreenMesh& mesh, const Settings& settings, const Images<double>& images);

/// Adds to `to`.
void rasterize_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        const Images<const double>& images,
                        const ImageGradients<double>& gradients,
                        ScreenMeshGradient& to);

}  // namespace monodr::soft_rasterizer
