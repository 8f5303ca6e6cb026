// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "plugin/channels.h"
#include "plugin/contract_channels.h"
#include "plugin/contract_renderer_tools.h"
#include "plugin/contract_tools.h"

namespace monodr {
namespace {

constexpr int kItems = kContractItems, kHeight = kContractHeight, kWidth = kContractWidth;

/// Channels that plugin/draw.h draws the way the renderer draws colours; their gradient is that of colours.
bool is_painted(const Renderer& renderer, const std::string& channel) {
  const std::vector<std::string> own = renderer.own_channels();
  return (channel == "normals" || channel == "nocs") &&
         std::find(own.begin(), own.end(), channel) == own.end();
}

std::string wrong_size(const std::string& channel, const at::Tensor& image) {
  if (!image.defined()) return fmt::format("{} is not there though it was asked for", channel);
  const bool is_flat = channel == "silhouette" || channel == "depth";
  const bool is_image = image.dim() == (is_flat ? 3 : 4) && image.size(0) == kItems &&
                        image.size(-2) == kHeight && image.size(-1) == kWidth;
  if (!is_image) return fmt::format("{} is not {}", channel, is_flat ? "[N,H,W]" : "[N,C,H,W]");
  if ((channel == "colour" || channel == "normals" || channel == "nocs") && image.size(1) != 3)
    return fmt::format("{} has {} components, not 3", channel, image.size(1));
  return "";
}

std::string wrong_output(const Renderer& renderer, at::ScalarType type) {
  const Rendering out = all_drawn(renderer, some_input(type));
  for (const std::string& channel : channels_to_check(renderer)) {
    const at::Tensor& image = channel_of(out, channel);
    if (const auto error = wrong_size(channel, image); !error.empty()) return error;
    if (image.scalar_type() != type) return fmt::format("{} has another dtype", channel);
    if (const auto error = not_finite(channel, image); !error.empty()) return error;
    if ((image.abs().flatten(1).amax(1) <= 0).any().item<bool>())
      return fmt::format("{} is empty though the mesh is in view", channel);
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
  const std::vector<std::string> names = channels_to_check(renderer);
  const Rendering all = all_drawn(renderer, input);
  for (const std::string& channel : names) {
    const Rendering alone = drawn(renderer, input, {channel});
    for (const std::string& other : names)
      if (channel_of(alone, other).defined() != (other == channel))
        return fmt::format("asked for {}, {} is wrongly there or missing", channel, other);
    const auto error = difference_in_bits({channel_of(alone, channel)}, {channel_of(all, channel)});
    if (!error.empty()) return fmt::format("{} alone: {}", channel, error);
  }
  return "";
}

std::string shows_behind(const Renderer& renderer) {
  RenderInput input = some_input(at::kDouble);
  input.vertices.select(2, 2).neg_();
  const Rendering out = all_drawn(renderer, input);
  for (const std::string& channel : channels_to_check(renderer))
    if ((channel_of(out, channel) != 0).any().item<bool>())
      return fmt::format("{} shows a mesh that is behind the camera", channel);
  return not_finite_anywhere(renderer, input);
}

std::string batch_differs(const Renderer& renderer) {
  const RenderInput input = some_input(at::kFloat);
  const Rendering together = all_drawn(renderer, input);
  for (int n = 0; n < kItems; ++n) {
    RenderInput one = input;
    for (at::Tensor* tensor : {&one.vertices, &one.colours, &one.intrinsics, &one.canonical})
      *tensor = tensor->narrow(0, n, 1);
    const Rendering alone = all_drawn(renderer, one);
    for (const std::string& channel : channels_to_check(renderer)) {
      const auto error = difference_in_bits({channel_of(alone, channel)},
                                            {channel_of(together, channel).narrow(0, n, 1)});
      if (!error.empty()) return fmt::format("item {}, {}: {}", n, channel, error);
    }
  }
  return "";
}

std::string padding_shows(const Renderer& renderer) {
  RenderInput input = some_input(at::kFloat);
  const Rendering shared = all_drawn(renderer, input);
  const at::Tensor padding = at::full({kItems, 5, 3}, -1, at::kLong);
  input.faces = at::cat({input.faces.unsqueeze(0).repeat({kItems, 1, 1}), padding}, 1);
  const Rendering padded = all_drawn(renderer, input);
  for (const std::string& channel : channels_to_check(renderer))
    if (const auto error =
            difference_in_bits({channel_of(padded, channel)}, {channel_of(shared, channel)});
        !error.empty())
      return fmt::format("{}: {}", channel, error);
  return "";
}

std::string bad_vertex_taken(const Renderer& renderer, float value) {
  RenderInput input = some_input(at::kFloat);
  input.vertices[2][7][0] = value;
  try {
    all_drawn(renderer, input);
    return fmt::format("a vertex at {} is rendered", value);
  } catch (const UserError& error) {
    const std::string text = error.what();
    return text.find("item 2") == std::string::npos ? "the message does not say 'item 2': " + text
                                                    : "";
  }
}

std::string gradient_vanishes(const Renderer& renderer,
                              const RenderInput& input,
                              const std::string& channel,
                              int which) {
  const std::vector<NamedTensor> inputs = inputs_of(input);
  const at::Tensor gradient = gradients(output_of(renderer, input, channel), inputs)[which];
  if (!not_finite("", gradient).empty() || (gradient.abs().sum() == 0).item<bool>())
    return fmt::format("{} has no gradient in the {}", channel, inputs[which].name);
  return "";
}

/// `channel` as a function of one input alone.
std::string gradient_differs(const Renderer& renderer,
                             const RenderInput& input,
                             const std::string& channel,
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
  // Pixels on the border of two faces, where the slope jumps; of a silhouette there are fewer.
  tolerance.largest_share_left_out = channel == "silhouette" ? 0.10 : 0.25;
  return gradient_error(of_one, {inputs[which]}, tolerance);
}

void check_gradients(ContractChecker& checker, const Renderer& renderer, const PluginInfo& info) {
  const RenderInput input = some_input(at::kDouble);
  const std::vector<NamedTensor> inputs = inputs_of(input);
  checker.check("differentiable in vertices", [&]() -> std::string {
    return info.differentiable_in.in("vertices") ? "" : "differentiable_in does not name them";
  });
  for (const std::string& channel : channels_to_check(renderer))
    for (int which = 0; which < int(inputs.size()); ++which) {
      const std::string& name = inputs[which].name;
      const bool is_painted_channel = is_painted(renderer, channel);
      // The values of a painted channel stand in the place of colours.
      if (name == "canonical vertices" && channel != "nocs") continue;
      if (is_painted_channel && name == "colours") continue;
      const std::string declared = name == "canonical vertices" ? "colours" : name;
      if (!info.differentiable_in.in(declared)) continue;
      const std::string of = fmt::format("gradient of {} in {}", channel, name);
      if (!info.differentiable_in.is_approximate(is_painted_channel ? "colour" : channel, declared))
        checker.check(of + " against differences",
                      [&] { return gradient_differs(renderer, input, channel, which); });
      else if (name != "colours")  // a silhouette's gradient in them is zero
        checker.check(of + " (approximate) is there",
                      [&] { return gradient_vanishes(renderer, input, channel, which); });
    }
}

}  // namespace

ContractReport check_renderer_contract(Registry& registry,
                                       const std::string& name,
                                       const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::renderer, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const auto renderer = registry.make<Renderer>(name, Parameters(info.parameters, given, name));
  checker.check("shapes, dtype and range, float32",
                [&] { return wrong_output(*renderer, at::kFloat); });
  checker.check("shapes, dtype and range, float64",
                [&] { return wrong_output(*renderer, at::kDouble); });
  checker.check("channels only as asked for", [&] { return channels_depend(*renderer); });
  checker.check("nocs and normals are those of the surface point that is seen",
                [&] { return channels_off_the_surface(*renderer); });
  check_gradients(checker, *renderer, info);
  checker.check("the same bits twice and on any number of threads", [&] {
    const RenderInput input = some_input(at::kFloat);
    return bits_that_change([&] {
      std::vector<at::Tensor> outputs;
      for (const std::string& channel : channels_to_check(*renderer)) {
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
  check_renderer_inputs(checker, *renderer);
  checker.check("NaN and infinite vertices are refused", [&] {
    const std::string error = bad_vertex_taken(*renderer, std::nanf(""));
    return error.empty() ? bad_vertex_taken(*renderer, std::numeric_limits<float>::infinity())
                         : error;
  });
  return checker.report();
}

}  // namespace monodr
