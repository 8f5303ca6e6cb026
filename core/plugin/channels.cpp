// SPDX-License-Identifier: Apache-2.0
#include "plugin/channels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <list>
#include <mutex>

#include "base/error.h"
#include "base/text.h"
#include "plugin/surfels.h"

namespace monodr {
namespace {

// A list, so that what was found stays where it is while plugins add to it. Never destroyed: it holds code of plugins.
struct Definitions {
  std::mutex mutex;
  std::list<ChannelDefinition> all = {
      {"normals",
       "outward normal of the surface, camera frame",
       3,
       true,
       [](const SurfacePoints& points) { return points.normals(); }},
      {"nocs",
       "canonical coordinates of the surface + 0.5, from 0 to 1",
       3,
       false,
       [](const SurfacePoints& points) { return points.canonical + 0.5; }}};

  const ChannelDefinition* find(const std::string& name) const {
    for (const ChannelDefinition& definition : all)
      if (definition.name == name) return &definition;
    return nullptr;
  }
};

Definitions& definitions() {
  static auto& held = *new Definitions;
  return held;
}

std::vector<std::string> names_in(const Definitions& held) {
  std::vector<std::string> names;
  for (const ChannelDefinition& definition : held.all) names.push_back(definition.name);
  return names;
}

}  // namespace

at::Tensor SurfacePoints::normals() const {
  return own.defined() ? own : vertex_normals(posed, faces);
}

std::vector<std::string> channel_names() {
  Definitions& held = definitions();
  const std::lock_guard<std::mutex> lock(held.mutex);
  return names_in(held);
}

const ChannelDefinition& channel_named(const std::string& name) {
  Definitions& held = definitions();
  const std::lock_guard<std::mutex> lock(held.mutex);
  if (const ChannelDefinition* found = held.find(name)) return *found;
  const std::vector<std::string> names = names_in(held);
  throw UserError(fmt::format("there is no channel '{}' of attributes{}; there are: {}",
                              name,
                              did_you_mean(name, names),
                              join(names, ", ")));
}

void add_channel(ChannelDefinition definition) {
  Definitions& held = definitions();
  const std::lock_guard<std::mutex> lock(held.mutex);
  std::vector<std::string> names = names_in(held);
  names.insert(names.end(), {"silhouette", "depth", "colour"});
  for (const std::string& taken : names)
    if (taken == definition.name)
      throw UserError(fmt::format(
          "it adds the channel '{}', which is there already; give it another name", taken));
  if (definition.name.empty() || definition.components < 1 || !definition.attributes)
    throw UserError(
        fmt::format("it adds the channel '{}' with {} components and {} attributes; a channel "
                    "needs a name, at least one "
                    "component and a function that gives its attributes",
                    definition.name,
                    definition.components,
                    definition.attributes ? "its" : "no"));
  held.all.push_back(std::move(definition));
}

}  // namespace monodr
