// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "plugin/kernel_arrays.h"
#include "plugin/renderer.h"

// What a renderer needs to hand tensors to monodr_kernels.h.
namespace monodr {

/// Shapes and types as RenderInput states them.
void check_render_input(const RenderInput& input, const RenderRequest& request);

monodr_meshes meshes_of(const RenderInput& input);
monodr_images images_of(const Rendering& images);

/// Throws the UserError that names renderer, batch item and vertex or face, where `status` says
/// that the input is at fault.
void check_kernel_call(const std::string& renderer, int status);

}  // namespace monodr
