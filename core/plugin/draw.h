// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/renderer.h"

namespace monodr {

/// Renderer::render, and every channel of plugin/channels.h that request.channels.attributes names: by the way the
/// renderer draws colours, unless it is one of its own channels. Differentiable in vertices, canonical vertices, surfels
/// and intrinsics as far as the renderer's colours are. UserError for a channel that neither knows.
Rendering draw(const Renderer& renderer, const RenderInput& input, const RenderRequest& request);

}  // namespace monodr
