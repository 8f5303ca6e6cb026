// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "plugin/contract_tools.h"
#include "plugin/renderer.h"

namespace monodr {

/// What the contracts of renderers draw: a few turned copies of one coloured mesh, 8 m and more ahead.
inline constexpr int kContractItems = 3, kContractHeight = 24, kContractWidth = 32;
RenderInput some_input(at::ScalarType type);

/// What is drawn of the channels `names`.
Rendering drawn(const Renderer& renderer,
                const RenderInput& input,
                const std::vector<std::string>& names);
Rendering all_drawn(const Renderer& renderer, const RenderInput& input);
at::Tensor image_of(const Renderer& renderer, const RenderInput& input, const std::string& channel);

/// A channel as a function of inputs_of().
OutputOf output_of(const Renderer& renderer, const RenderInput& input, const std::string& channel);
std::vector<NamedTensor> inputs_of(const RenderInput& input);

/// "" if all channels and their gradients in all inputs are finite.
std::string not_finite_anywhere(const Renderer& renderer, const RenderInput& input);

/// What tensors and scenes can be (contract_renderer_inputs.cpp): views without memory of their own, transposed
/// memory, gradients with stride 0, faces of another integer type, oblong pictures, vertices in the camera's plane,
/// a camera inside of the mesh, thousands of faces in a pixel.
void check_renderer_inputs(ContractChecker& checker, const Renderer& renderer);

}  // namespace monodr
