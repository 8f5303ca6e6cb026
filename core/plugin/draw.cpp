// SPDX-License-Identifier: Apache-2.0
#include "plugin/draw.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>

#include "base/error.h"
#include "plugin/channels.h"

namespace monodr {
namespace {

constexpr int64_t kColours = 3;

at::Tensor attributes_of(const ChannelDefinition& channel, const SurfacePoints& points) {
  MONODR_CHECK(points.canonical.defined(),
               "channel '{}' is asked for, but RenderInput has no canonical coordinates",
               channel.name);
  const at::Tensor values = channel.attributes(points);
  MONODR_CHECK(values.dim() == 3 && values.size(0) == points.posed.size(0) &&
                   values.size(1) == points.posed.size(1) && values.size(2) == channel.components,
               "the attributes of channel '{}' must be [N,V,{}]",
               channel.name,
               channel.components);
  return values;
}

/// Components first .. first + 2 of `values` as colours; 0 for those that there are not.
at::Tensor as_colours(const at::Tensor& values, int64_t first) {
  const int64_t count = std::min(kColours, values.size(2) - first);
  const at::Tensor some = values.narrow(2, first, count);
  return count == kColours ? some : at::constant_pad_nd(some, {0, kColours - count});
}

at::Tensor painted_channel(const Renderer& renderer,
                           const RenderInput& input,
                           RenderRequest request,
                           const ChannelDefinition& channel) {
  request.channels = {.colour = true};
  request.lit = false;
  const GeometryKinds kinds = renderer.draws();
  at::Tensor on_mesh, on_surfels;
  if (kinds.meshes)
    on_mesh = attributes_of(channel, {input.canonical, input.vertices, input.faces, {}});
  if (kinds.surfels)
    on_surfels = attributes_of(
        channel, {input.surfels.canonical, input.surfels.positions, {}, input.surfels.normals});
  std::vector<at::Tensor> images;
  for (int64_t first = 0; first < channel.components; first += kColours) {
    RenderInput painted = input;
    if (kinds.meshes) painted.colours = as_colours(on_mesh, first);
    if (kinds.surfels) painted.surfels.colours = as_colours(on_surfels, first);
    images.push_back(renderer.render(painted, request).colour);
  }
  at::Tensor drawn = images.size() == 1 ? images[0] : at::cat(images, 1);
  if (channel.components % kColours != 0) drawn = drawn.narrow(1, 0, channel.components);
  if (channel.unit_length) drawn = drawn / drawn.square().sum(1, true).clamp_min(1e-12).sqrt();
  return drawn;
}

}  // namespace

Rendering draw(const Renderer& renderer, const RenderInput& input, const RenderRequest& request) {
  const std::vector<std::string> own = renderer.own_channels();
  const auto is_own = [&](const std::string& name) {
    return std::find(own.begin(), own.end(), name) != own.end();
  };
  std::vector<const ChannelDefinition*> to_paint;
  for (const std::string& name : request.channels.attributes)
    if (!is_own(name)) to_paint.push_back(&channel_named(name));
  RenderRequest direct = request;
  std::erase_if(direct.channels.attributes, [&](const std::string& name) { return !is_own(name); });

  Rendering result;
  if (direct.channels.any() || to_paint.empty()) result = renderer.render(input, direct);
  for (const ChannelDefinition* channel : to_paint)
    result.attributes[channel->name] = painted_channel(renderer, input, request, *channel);
  return result;
}

}  // namespace monodr
