// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/parameters.h"

namespace monodr {

/// The tables of an experiment file that belong to monodr itself. What a plugin adds stands in a
/// table of its own below its section: [renderer] plugin = "soft_rasterizer" and
/// [renderer.soft_rasterizer] sigma = ..., [rule.hindsight], [shape_prior.mesh_autoencoder],
/// [loss.mask] (a loss mixes its own parameters with `weight`).
struct Section {
  std::string name;
  std::string meaning;
  ParameterSchema parameters;
};

/// monodr knows no plugin by name: where `plugin` is not given, the one that calls itself the default
/// of its kind is taken (PluginInfo::is_default).
/// dataset, shape_prior, corpus, renderer, rule, fit, confidence, evaluation, in that order.
const std::vector<Section>& core_sections();

/// The keys that every [loss.NAME] has beside the plugin's own: weight.
const ParameterSchema& loss_section_parameters();

}  // namespace monodr
