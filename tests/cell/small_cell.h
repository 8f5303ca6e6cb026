// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "experiment/category_file.h"
#include "settings/sections.h"

namespace monodr {

/// A resolved configuration that runs in a second: three made-up cars, a prior of two training
/// steps, few iterations.
inline nlohmann::json small_config() {
  using nlohmann::json;
  json config = {{"dataset", dataset_binding().write({})},
                 {"category", category_binding().write(load_category("car"))},
                 {"method", method_binding().write({})},
                 {"shape_prior", shape_prior_binding().write({})},
                 {"corpus", corpus_binding().write({})},
                 {"renderer", renderer_binding().write({})},
                 {"rule", rule_binding().write({})},
                 {"fit", fit_binding().write({})},
                 {"confidence", confidence_binding().write({})},
                 {"evaluation", evaluation_binding().write({})}};
  const json changes = {{"dataset", {{"objects", 3}}},
                        {"shape_prior",
                         {{"plugin", "mesh_autoencoder"},
                          {"mesh_autoencoder", {{"template_grid", 4}, {"steps", 2}}}}},
                        {"corpus", {{"cars", 16}, {"held_out", 0}}},
                        {"renderer", {{"plugin", "soft_rasterizer"}, {"image_size", 32}}},
                        {"rule", {{"plugin", "mean"}}},
                        {"fit",
                         {{"iterations", 5},
                          {"hypotheses", 2},
                          {"prune_steps", json::array()},
                          {"prune_keep", json::array()}}},
                        {"loss", {{"mask", {{"plugin", "mask"}, {"weight", 1.0}}}}}};
  config.merge_patch(changes);
  return config;
}

/// The plugins that come with monodr, and those that go wrong on purpose.
inline std::vector<std::string> plugin_folders() {
  const std::string binaries = std::getenv("MONODR_BINARY_DIR");
  return {binaries + "/plugins", binaries + "/test_plugins"};
}

}  // namespace monodr
