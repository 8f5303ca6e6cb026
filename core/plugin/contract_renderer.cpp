// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>
#include <limits>

#include "plugin/contract_meshes.h"
#include "plugin/contract_tools.h"

namespace monodr {
namespace {

constexpr int kItems = 3, kHeight = 24, kWidth = 32;

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

constexpr Channels kAll{true, true, true};

RenderRequest request(Channels channels) {
  return {channels, kHeight, kWidth, 0.5};
}

struct Channel {
  const char* name;
  Channels alone;
  at::Tensor Rendering::*image;
  double largest_share_left_out;  ///< pixels on the border of two faces, where the slope jumps
};
const Channel kChannels[] = {
    {"silhouette", {true, false, false}, &Rendering::silhouette, 0.10},
    {"depth", {false, true, false}, &Rendering::depth, 0.25},
    {"colour", {false, false, true}, &Rendering::colour, 0.25},
};

OutputOf output_of(const Renderer& renderer, const RenderInput& input, const Channel& channel) {
  return [&renderer, input, channel](const std::vector<at::Tensor>& values) {
    RenderInput changed = input;
    changed.vertices = values[0];
    changed.colours = values[1];
    changed.intrinsics = values[2];
    return renderer.render(changed, request(channel.alone)).*channel.image;
  };
}

std::vector<NamedTensor> inputs_of(const RenderInput& input) {
  return {
      {"vertices", input.vertices}, {"colours", input.colours}, {"intrinsics", input.intrinsics}};
}

at::Tensor image_of(const Renderer& renderer, const RenderInput& input, const Channel& channel) {
  return renderer.render(input, request(channel.alone)).*channel.image;
}

std::string wrong_output(const Renderer& renderer, at::ScalarType type) {
  const Rendering out = renderer.render(some_input(type), request(kAll));
  if (out.silhouette.sizes() != at::IntArrayRef({kItems, kHeight, kWidth}))
    return "silhouette is not [N,H,W]";
  if (out.depth.sizes() != at::IntArrayRef({kItems, kHeight, kWidth}))
    return "depth is not [N,H,W]";
  if (out.colour.sizes() != at::IntArrayRef({kItems, 3, kHeight, kWidth}))
    return "colour is not [N,3,H,W]";
  for (const Channel& channel : kChannels) {
    const at::Tensor& image = out.*channel.image;
    if (image.scalar_type() != type) return fmt::format("{} has another dtype", channel.name);
    if (const auto error = not_finite(channel.name, image); !error.empty()) return error;
    if ((image.flatten(1).amax(1) <= 0).any().item<bool>())
      return fmt::format("{} is empty though the mesh is in view", channel.name);
  }
  if ((out.silhouette < 0).any().item<bool>() || (out.silhouette > 1 + 1e-6).any().item<bool>())
    return "silhouette leaves [0,1]";
  if ((out.depth < 0).any().item<bool>() || (out.depth > 15).any().item<bool>())
    return "depth lies off the mesh";
  return "";
}

/// A channel that was not asked for is not paid for, and one that was does not depend on the
/// others.
std::string channels_depend(const Renderer& renderer) {
  const RenderInput input = some_input(at::kFloat);
  const Rendering all = renderer.render(input, request(kAll));
  for (const Channel& channel : kChannels) {
    const Rendering alone = renderer.render(input, request(channel.alone));
    for (const Channel& other : kChannels)
      if ((alone.*other.image).defined() != (other.image == channel.image))
        return fmt::format(
            "asked for {}, {} is wrongly there or missing", channel.name, other.name);
    const auto error = difference_in_bits({alone.*channel.image}, {all.*channel.image});
    if (!error.empty()) return fmt::format("{} alone: {}", channel.name, error);
  }
  return "";
}

std::string not_finite_anywhere(const Renderer& renderer, const RenderInput& input) {
  for (const Channel& channel : kChannels) {
    const auto output = output_of(renderer, input, channel);
    const auto error = not_finite(channel.name, image_of(renderer, input, channel));
    if (!error.empty()) return error;
    for (const at::Tensor& gradient : gradients(output, inputs_of(input)))
      if (!not_finite("", gradient).empty())
        return fmt::format("the gradient of {} is not finite", channel.name);
  }
  return "";
}

std::string shows_behind(const Renderer& renderer) {
  RenderInput input = some_input(at::kDouble);
  input.vertices.select(2, 2).neg_();
  const Rendering out = renderer.render(input, request(kAll));
  for (const Channel& channel : kChannels)
    if ((out.*channel.image != 0).any().item<bool>())
      return fmt::format("{} shows a mesh that is behind the camera", channel.name);
  return not_finite_anywhere(renderer, input);
}

std::string batch_differs(const Renderer& renderer) {
  const RenderInput input = some_input(at::kFloat);
  const Rendering together = renderer.render(input, request(kAll));
  for (int n = 0; n < kItems; ++n) {
    const Rendering alone = renderer.render({input.vertices.narrow(0, n, 1),
                                             input.faces,
                                             input.colours.narrow(0, n, 1),
                                             input.intrinsics.narrow(0, n, 1)},
                                            request(kAll));
    for (const Channel& channel : kChannels) {
      const auto error =
          difference_in_bits({alone.*channel.image}, {(together.*channel.image).narrow(0, n, 1)});
      if (!error.empty()) return fmt::format("item {}, {}: {}", n, channel.name, error);
    }
  }
  return "";
}

std::string padding_shows(const Renderer& renderer) {
  RenderInput input = some_input(at::kFloat);
  const Rendering shared = renderer.render(input, request(kAll));
  const at::Tensor padding = at::full({kItems, 5, 3}, -1, at::kLong);
  input.faces = at::cat({input.faces.unsqueeze(0).repeat({kItems, 1, 1}), padding}, 1);
  const Rendering padded = renderer.render(input, request(kAll));
  for (const Channel& channel : kChannels)
    if (const auto error = difference_in_bits({padded.*channel.image}, {shared.*channel.image});
        !error.empty())
      return fmt::format("{}: {}", channel.name, error);
  return "";
}

std::string bad_vertex_taken(const Renderer& renderer, float value) {
  RenderInput input = some_input(at::kFloat);
  input.vertices[2][7][0] = value;
  try {
    renderer.render(input, request(kAll));
    return fmt::format("a vertex at {} is rendered", value);
  } catch (const UserError& error) {
    const std::string text = error.what();
    return text.find("item 2") == std::string::npos ? "the message does not say 'item 2': " + text
                                                    : "";
  }
}

std::string gradient_vanishes(const Renderer& renderer,
                              const RenderInput& input,
                              const Channel& channel,
                              int which) {
  const std::vector<NamedTensor> inputs = inputs_of(input);
  const at::Tensor gradient = gradients(output_of(renderer, input, channel), inputs)[which];
  if (!not_finite("", gradient).empty() || (gradient.abs().sum() == 0).item<bool>())
    return fmt::format("{} has no gradient in the {}", channel.name, inputs[which].name);
  return "";
}

/// `channel` as a function of one input alone.
std::string gradient_differs(const Renderer& renderer,
                             const RenderInput& input,
                             const Channel& channel,
                             int which) {
  const std::vector<NamedTensor> inputs = inputs_of(input);
  const OutputOf output = output_of(renderer, input, channel);
  const OutputOf of_one = [&](const std::vector<at::Tensor>& values) {
    std::vector<at::Tensor> all;
    for (const NamedTensor& each : inputs) all.push_back(each.value);
    all[which] = values[0];
    return output(all);
  };
  GradientTolerance tolerance;
  tolerance.relative = 1e-3;
  tolerance.largest_share_left_out = channel.largest_share_left_out;
  return gradient_error(of_one, {inputs[which]}, tolerance);
}

void check_gradients(ContractChecker& checker, const Renderer& renderer, const PluginInfo& info) {
  const RenderInput input = some_input(at::kDouble);
  const std::vector<NamedTensor> inputs = inputs_of(input);
  checker.check("differentiable in vertices", [&]() -> std::string {
    return info.differentiable_in.in("vertices") ? "" : "differentiable_in does not name them";
  });
  for (const Channel& channel : kChannels)
    for (int which = 0; which < int(inputs.size()); ++which) {
      const std::string& name = inputs[which].name;
      if (!info.differentiable_in.in(name)) continue;
      const std::string of = fmt::format("gradient of {} in {}", channel.name, name);
      if (!info.differentiable_in.is_approximate(channel.name, name))
        checker.check(of + " against differences",
                      [&] { return gradient_differs(renderer, input, channel, which); });
      else if (name != "colours")  // a silhouette's gradient in them is zero
        checker.check(of + " (approximate) is there",
                      [&] { return gradient_vanishes(renderer, input, channel, which); });
    }
}

}  // namespace

ContractReport check_renderer_contract(Registry& registry, const std::string& name) {
  const PluginInfo& info = registry.find(PluginKind::renderer, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const auto renderer = registry.make<Renderer>(name, Parameters(info.parameters));
  checker.check("shapes, dtype and range, float32",
                [&] { return wrong_output(*renderer, at::kFloat); });
  checker.check("shapes, dtype and range, float64",
                [&] { return wrong_output(*renderer, at::kDouble); });
  checker.check("channels only as asked for", [&] { return channels_depend(*renderer); });
  check_gradients(checker, *renderer, info);
  checker.check("the same bits twice and on any number of threads", [&] {
    const RenderInput input = some_input(at::kFloat);
    return bits_that_change([&] {
      std::vector<at::Tensor> outputs;
      for (const Channel& channel : kChannels) {
        const auto output = output_of(*renderer, input, channel);
        outputs.push_back(image_of(*renderer, input, channel));
        for (const at::Tensor& gradient : gradients(output, inputs_of(input)))
          outputs.push_back(gradient);
      }
      return outputs;
    });
  });
  checker.check("a batch equals its items", [&] { return batch_differs(*renderer); });
  checker.check("faces padded with -1 do not show", [&] { return padding_shows(*renderer); });
  checker.check("a mesh behind the camera does not show", [&] { return shows_behind(*renderer); });
  checker.check("finite with a mesh that is one point", [&] {
    RenderInput input = some_input(at::kDouble);
    input.vertices = at::zeros_like(input.vertices);
    input.vertices.select(2, 2).fill_(8);
    return not_finite_anywhere(*renderer, input);
  });
  checker.check("finite with a mesh that cuts the camera's plane", [&] {
    RenderInput input = some_input(at::kDouble);
    input.vertices.select(2, 2).sub_(8);
    return not_finite_anywhere(*renderer, input);
  });
  checker.check("NaN and infinite vertices are refused", [&] {
    const std::string error = bad_vertex_taken(*renderer, std::nanf(""));
    return error.empty() ? bad_vertex_taken(*renderer, std::numeric_limits<float>::infinity())
                         : error;
  });
  return checker.report();
}

}  // namespace monodr
