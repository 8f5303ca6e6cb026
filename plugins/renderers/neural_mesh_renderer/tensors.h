// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/monodr_kernels.h"
#include "plugin/renderer.h"

namespace monodr::neural_mesh_renderer {

/// Draws a batch and records it for autograd: gradients reach vertices, colours and intrinsics. Throws UserError for a vertex that is not finite or a face that names none.
Rendering render_tensors(const RenderInput& input,
                         const monodr_neural_mesh_renderer& settings,
                         const Channels& channels);

}  // namespace monodr::neural_mesh_renderer
