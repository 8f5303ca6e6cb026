// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "neural_mesh_renderer/settings.h"
#include "plugin/renderer.h"

namespace monodr::neural_mesh_renderer {

/// Draws a batch, items in parallel, and records it for autograd: gradients reach vertices, colours
/// and intrinsics. Each item's arithmetic is its own, so the bits do not depend on the number of
/// threads. Throws UserError for a vertex that is not finite or a face that names none.
Rendering render_tensors(const RenderInput& input,
                         const Settings& settings,
                         const Channels& channels);

}  // namespace monodr::neural_mesh_renderer
