// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/plugin_info.h"

namespace monodr {

inline PluginInfo stand_in_plugin(PluginKind kind,
                                  const std::string& name,
                                  const std::string& file_hash) {
  PluginInfo info;
  info.kind = kind;
  info.name = name;
  info.version = "1.0.0";
  info.description = "a stand-in";
  info.file = name + ".so";
  info.file_hash = file_hash;
  return info;
}

/// Plugins that exist by name only, for tests of everything that plans and none that fits. The loss
/// `mask` says how the stand-in worker ends a cell.
inline PluginCatalogue stand_in_catalogue(const std::string& file_hash = "0123") {
  PluginInfo mask = stand_in_plugin(PluginKind::loss, "mask", file_hash);
  Parameter behaviour{"behaviour", std::string("good"), "", "how the cell ends"};
  behaviour.choices = {
      "good", "crash", "hang", "throw", "exit", "chatter", "torn", "lie", "grow", "slow", "wait"};
  mask.parameters = {behaviour, {"seconds", 0.0, "s", "how long a slow cell takes", 0, 1000}};
  PluginInfo rasterizer = stand_in_plugin(PluginKind::renderer, "soft_rasterizer", file_hash);
  rasterizer.parameters = {{"sigma", 1.0, "px^2", "softness of the edge", 0, 100}};
  PluginCatalogue catalogue;
  catalogue.code_hash = "c0de";
  PluginInfo hindsight = stand_in_plugin(PluginKind::rule, "hindsight", file_hash);
  hindsight.is_default = true;
  hindsight.parameters = {
      {"from_step", std::int64_t{30}, "steps", "when the best alone learns", 0}};
  catalogue.plugins = {mask,
                       stand_in_plugin(PluginKind::loss, "photometric", file_hash),
                       rasterizer,
                       hindsight,
                       stand_in_plugin(PluginKind::rule, "mean", file_hash),
                       stand_in_plugin(PluginKind::predictor, "resnet_predictor", file_hash),
                       stand_in_plugin(PluginKind::shape_prior, "mesh_autoencoder", file_hash)};
  return catalogue;
}

}  // namespace monodr
