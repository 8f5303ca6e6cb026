// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract_renderer_tools.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "plugin/contract_channels.h"
#include "plugin/contract_meshes.h"

namespace monodr {
namespace {

constexpr int kItems = kContractItems, kHeight = kContractHeight, kWidth = kContractWidth;

}  // namespace

RenderInput some_input(at::ScalarType type) {
  const Mesh mesh = superellipsoid(0.6, 0.4, 6, 10);
  const auto vertex_count = static_cast<int64_t>(mesh.vertices.size());
  at::Tensor shape = at::empty({vertex_count, 3}, at::kDouble);
  at::Tensor colours = at::empty({vertex_count, 3}, at::kDouble);
  for (int64_t v = 0; v < vertex_count; ++v)
    for (int axis = 0; axis < 3; ++axis) {
      shape[v][axis] = mesh.vertices[v][axis];
      colours[v][axis] = mesh.colours[v][axis];
    }
  RenderInput input;
  std::vector<at::Tensor> posed;
  for (int n = 0; n < kItems; ++n) {
    const double c = std::cos(0.4 + 1.3 * n), s = std::sin(0.4 + 1.3 * n);
    const at::Tensor turn =
        at::tensor({c, 0.0, s, 0.0, 1.0, 0.0, -s, 0.0, c}, at::kDouble).reshape({3, 3});
    const at::Tensor size = at::tensor({3.9, 1.5, 1.6}, at::kDouble);
    posed.push_back(at::matmul(shape * size, turn.t()) +
                    at::tensor({0.3 * n - 0.2, 0.1 * n, 8.0 + n}, at::kDouble));
  }
  input.vertices = at::stack(posed).to(type);
  input.colours = colours.unsqueeze(0).repeat({kItems, 1, 1}).to(type);
  input.canonical = shape.unsqueeze(0).repeat({kItems, 1, 1}).to(type);
  input.faces = at::empty({static_cast<int64_t>(mesh.faces.size()), 3}, at::kLong);
  for (std::size_t f = 0; f < mesh.faces.size(); ++f)
    for (int corner = 0; corner < 3; ++corner)
      input.faces[static_cast<int64_t>(f)][corner] = mesh.faces[f][corner];
  input.intrinsics = at::tensor({45.0, 0.0, 16.3, 0.0, 45.0, 12.2, 0.0, 0.0, 1.0}, at::kDouble)
                         .reshape({1, 3, 3})
                         .repeat({kItems, 1, 1})
                         .to(type);
  return input;
}

Rendering drawn(const Renderer& renderer,
                const RenderInput& input,
                const std::vector<std::string>& names) {
  static const at::Tensor reference = some_input(at::kDouble).canonical.narrow(0, 0, 1);
  return draw_checked(renderer, input, reference, {channels_alone(names), kHeight, kWidth, 0.5});
}

Rendering all_drawn(const Renderer& renderer, const RenderInput& input) {
  return drawn(renderer, input, channels_to_check(renderer));
}

at::Tensor image_of(const Renderer& renderer,
                    const RenderInput& input,
                    const std::string& channel) {
  return channel_of(drawn(renderer, input, {channel}), channel);
}

OutputOf output_of(const Renderer& renderer, const RenderInput& input, const std::string& channel) {
  return [&renderer, input, channel](const std::vector<at::Tensor>& values) {
    RenderInput changed = input;
    changed.vertices = values[0];
    changed.colours = values[1];
    changed.intrinsics = values[2];
    changed.canonical = values[3];
    return image_of(renderer, changed, channel);
  };
}

std::vector<NamedTensor> inputs_of(const RenderInput& input) {
  return {{"vertices", input.vertices},
          {"colours", input.colours},
          {"intrinsics", input.intrinsics},
          {"canonical vertices", input.canonical}};
}

std::string not_finite_anywhere(const Renderer& renderer, const RenderInput& input) {
  for (const std::string& channel : channels_to_check(renderer)) {
    const auto error = not_finite(channel, image_of(renderer, input, channel));
    if (!error.empty()) return error;
    for (const at::Tensor& gradient :
         gradients(output_of(renderer, input, channel), inputs_of(input)))
      if (!not_finite("", gradient).empty())
        return fmt::format("the gradient of {} is not finite", channel);
  }
  return "";
}

}  // namespace monodr
