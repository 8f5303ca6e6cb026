// SPDX-License-Identifier: Apache-2.0
#include "plugin/channels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "plugin/surfels.h"

namespace monodr {
namespace {

std::vector<ChannelDefinition>& definitions() {
  static std::vector<ChannelDefinition> all = {
      {"normals",
       "outward normal of the surface in the camera frame",
       true,
       [](const at::Tensor&, const at::Tensor& posed, const at::Tensor& faces) {
         return vertex_normals(posed, faces);
       }},
      {"nocs",
       "canonical coordinates of the surface, from 0 to 1",
       false,
       [](const at::Tensor& canonical, const at::Tensor&, const at::Tensor&) {
         return canonical + 0.5;
       }}};
  return all;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

const std::vector<ChannelDefinition>& channel_definitions() {
  return definitions();
}

const ChannelDefinition& channel_named(const std::string& name) {
  std::vector<std::string> names;
  for (const ChannelDefinition& definition : definitions()) {
    if (definition.name == name) return definition;
    names.push_back(definition.name);
  }
  throw UserError(fmt::format(
      "there is no channel '{}'{}; there: {}", name, did_you_mean(name, names), join(names, ", ")));
}

AddedChannel::AddedChannel(ChannelDefinition definition) : name_(definition.name) {
  definitions().push_back(std::move(definition));
}

AddedChannel::~AddedChannel() {
  std::erase_if(definitions(), [&](const auto& definition) { return definition.name == name_; });
}

Rendering render_channels(const Renderer& renderer,
                          const RenderInput& input,
                          const at::Tensor& canonical,
                          const RenderRequest& request) {
  const std::vector<std::string> own = renderer.own_channels();
  RenderRequest first = request;
  std::erase_if(first.channels.attributes,
                [&](const std::string& name) { return !has(own, name); });
  Rendering result = renderer.render(input, first);
  for (const std::string& name : request.channels.attributes) {
    if (has(own, name)) continue;
    const ChannelDefinition& channel = channel_named(name);
    RenderInput painted = input;
    painted.colours = channel.attributes(canonical, input.vertices, input.faces);
    RenderRequest second = request;
    second.channels = {false, false, true};
    second.lit = false;
    at::Tensor drawn = renderer.render(painted, second).colour;
    if (channel.unit_length) drawn = drawn / drawn.square().sum(1, true).clamp_min(1e-12).sqrt();
    result.attributes[name] = drawn;
  }
  return result;
}

}  // namespace monodr
