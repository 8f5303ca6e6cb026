// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "soft_rasterizer/screen_mesh.h"

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
};

/// Memory of one thread, kept from item to item.
struct Scratch {
  ScreenMesh mesh;
  ScreenMeshGradient gradient;
  std::vector<float> planes;
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

/// Float32, explicit SIMD, the widest instruction set of the machine.
void rasterize(const ScreenMesh& mesh,
               const Settings& settings,
               Scratch& scratch,
               const Images<float>& images);

/// Adds to scratch.gradient.
void rasterize_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        Scratch& scratch,
                        const Images<float>& images,
                        const ImageGradients<float>& gradients);

/// The same in double, one pixel and one triangle at a time: written to be read, and the oracle.
void rasterize(const ScreenMesh& mesh,
               const Settings& settings,
               Scratch& scratch,
               const Images<double>& images);

void rasterize_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        Scratch& scratch,
                        const Images<double>& images,
                        const ImageGradients<double>& gradients);

}  // namespace monodr::soft_rasterizer
