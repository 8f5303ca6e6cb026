// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "common/screen_mesh.h"
#include "neural_mesh_renderer/edge_gradient.h"
#include "neural_mesh_renderer/settings.h"
#include "neural_mesh_renderer/shading.h"

namespace monodr::neural_mesh_renderer {

// THE METHOD (Kato, Ushiku, Harada: Neural 3D Mesh Renderer, CVPR 2018).
//
// Forward: every pixel is the average of samples x samples hard z-buffer samples; a sample shows
// the nearest face that covers it. Depth is averaged over the samples that hit a face: the
// published code averages with the far plane, which draws a rim of wrong depths around every
// object.
//
// Backward: depth, vertex colours and light have their exact gradients on what is visible. The
// position of a face's edges has the paper's approximate gradient (edge_gradient.h), which replaces
// the jump of a sample's value when an edge passes over it by a ramp.
//
// Vertex colours, interpolated perspective-correctly, stand in for the paper's texture cubes.

/// The images of one item; null where nobody asked. `nearest` is what backward starts from.
template <typename Scalar>
struct Images {
  Scalar* silhouette = nullptr;     ///< [H,W]
  Scalar* depth = nullptr;          ///< [H,W]
  Scalar* colour = nullptr;         ///< [3,H,W]
  std::int32_t* nearest = nullptr;  ///< [rows,columns] of samples: triangle, -1 where none
};

/// Incoming gradients of one item; null where there is none.
template <typename Scalar>
struct ImageGradients {
  const Scalar* silhouette = nullptr;
  const Scalar* depth = nullptr;
  const Scalar* colour = nullptr;
};

/// Memory of one thread, kept from item to item.
template <typename Scalar>
struct Scratch {
  ScreenMesh mesh;
  ScreenMeshGradient gradient;
  Shading shading;
  std::vector<Scalar> inverse_depth;            ///< [rows,columns]
  std::vector<std::int32_t> nearest_by_column;  ///< [columns,rows]
  std::vector<Scalar> gradient_by_column;       ///< [channels,W,H]
  std::vector<unsigned char> visible;           ///< [triangles]
  std::vector<double> to_x, to_y;               ///< [vertices] approximate gradient, per sample
  EdgeScratch<Scalar> edges;
};

/// Draws scratch.mesh, which project() filled from `camera_mesh`.
template <typename Scalar>
void render(const CameraMesh<Scalar>& camera_mesh,
            const Settings& settings,
            Scratch<Scalar>& scratch,
            const Images<Scalar>& images);

/// Sets scratch.gradient; what the light hands to the normals is added to `gradient` at once.
template <typename Scalar>
void render_backward(const CameraMesh<Scalar>& camera_mesh,
                     const Settings& settings,
                     Scratch<Scalar>& scratch,
                     const std::int32_t* nearest,
                     const ImageGradients<Scalar>& incoming,
                     const CameraMeshGradient<Scalar>& gradient);

}  // namespace monodr::neural_mesh_renderer
