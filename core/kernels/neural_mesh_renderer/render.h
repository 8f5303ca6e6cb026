// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/mesh_batch.h"
#include "kernels/neural_mesh_renderer/edge_gradient.h"
#include "kernels/neural_mesh_renderer/settings.h"
#include "kernels/neural_mesh_renderer/shading.h"

namespace monodr::neural_mesh_renderer {

// The method stands in monodr_kernels.h.

/// The images of one item; null where nobody asked. `nearest` is what backward starts from.
template <typename Scalar>
struct Images : ChannelImages<Scalar> {
  std::int32_t* nearest = nullptr;  ///< [rows,columns] of samples: triangle, -1 where none
};

/// Incoming gradients of one item; null where there is none.
template <typename Scalar>
using ImageGradients = ChannelImages<const Scalar>;

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

/// Sets scratch.visible; false where `nearest` names a triangle that scratch.mesh has not.
template <typename Scalar>
bool mark_visible(const Settings& settings, const std::int32_t* nearest, Scratch<Scalar>& scratch);

/// Sets scratch.gradient; mark_visible() comes before; what the light hands to the normals is added to `gradient` at once.
template <typename Scalar>
void render_backward(const CameraMesh<Scalar>& camera_mesh,
                     const Settings& settings,
                     Scratch<Scalar>& scratch,
                     const std::int32_t* nearest,
                     const ImageGradients<Scalar>& incoming,
                     const CameraMeshGradient<Scalar>& gradient);

}  // namespace monodr::neural_mesh_renderer
