// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "soft_rasterizer/faces.h"
#include "soft_rasterizer/settings.h"

namespace monodr::soft_rasterizer {

/// The images of one item. A null pointer is a channel that nobody asked for; `nearest`,
/// `exponent` and `weight` keep what the backward pass needs of the chosen blending.
template <typename Scalar>
struct Images {
  Scalar* silhouette = nullptr;     ///< [H,W]
  Scalar* depth = nullptr;          ///< [H,W]
  Scalar* colour = nullptr;         ///< [3,H,W]
  std::int32_t* nearest = nullptr;  ///< [H,W] hard: triangle of the ScreenMesh, -1 where none
  Scalar* exponent = nullptr;       ///< [H,W] softmax: the largest exponent
  Scalar* weight = nullptr;         ///< [H,W] softmax: sum of the faces' weights relative to it

  bool shaded() const { return depth != nullptr || colour != nullptr; }
};

/// Incoming gradients of one item; null where there is none.
template <typename Scalar>
struct ImageGradients {
  const Scalar* silhouette = nullptr;
  const Scalar* depth = nullptr;
  const Scalar* colour = nullptr;

  bool shaded() const { return depth != nullptr || colour != nullptr; }
  bool none() const { return silhouette == nullptr && !shaded(); }
};

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

// THE METHOD (Liu et al., Soft Rasterizer, ICCV 2019), for a pixel centre p and a triangle j:
//   d_j   = squared distance of p to the triangle's border, px^2
//   D_j   = sigmoid(+-d_j / sigma), + inside; a face counts where p is inside or d_j < radius^2
//   alpha = 1 - prod_j (1 - D_j)
//   w_k   = barycentric coordinates of p, clipped to >= 0 and scaled to sum 1
//   z_j   = 1 / sum_k (w_k / z_k),   c_j = z_j sum_k (w_k / z_k) c_k      (perspective-correct)
//   e_j   = (far - z_j) / ((far - near) gamma),   e_b = eps / gamma       (b: black background)
//   I     = sum_j D_j exp(e_j) c_j / (sum_j D_j exp(e_j) + exp(e_b)),  depth alike without b
// Hard blending takes colour and depth of the nearest triangle that covers p.

/// Draws scratch.mesh in float32 with explicit SIMD, the widest instruction set of the machine. May
/// put its triangles into another order.
void rasterize(const Settings& settings, Part part, Scratch& scratch, const Images<float>& images);

/// Adds to `face_gradients`, which has been reset, for the part's triangles of scratch.mesh.
void rasterize_backward(const Settings& settings,
                        Part part,
                        Scratch& scratch,
                        const Images<float>& images,
                        const ImageGradients<float>& gradients,
                        FaceGradients& face_gradients);

/// The same in double, one pixel and one triangle at a time: written to be read, and the oracle.
void rasterize(const ScreenMesh& mesh, const Settings& settings, const Images<double>& images);

/// Adds to `to`.
void rasterize_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        const Images<double>& images,
                        const ImageGradients<double>& gradients,
                        ScreenMeshGradient& to);

}  // namespace monodr::soft_rasterizer
