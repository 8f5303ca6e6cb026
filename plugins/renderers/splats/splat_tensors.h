// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/renderer.h"
#include "splats/splat_kernel.h"

namespace monodr::splats {

/// Draws the surfels of `input`, differentiably in their positions, normals, radii and colours. UserError that names the
/// item for one that is not finite.
Rendering draw_tensors(const RenderInput& input,
                       const Settings& settings,
                       const Channels& channels);

}  // namespace monodr::splats
