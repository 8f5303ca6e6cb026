// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "settings/category.h"
#include "settings/dataset.h"
#include "settings/fit.h"
#include "settings/pipeline.h"
#include "settings/predictor.h"

namespace monodr {

/// One table of an experiment file that belongs to monodr itself. What a plugin adds stands in a
/// table of its own below its section: [renderer] plugin = "soft_rasterizer" and
/// [renderer.soft_rasterizer] sigma = ..., [rule.hindsight], [shape_prior.mesh_autoencoder],
/// [loss.mask] (a loss mixes its own parameters with `weight`).
struct Section {
  std::string name;
  std::string meaning;
  ParameterSchema parameters;
  /// Throws UserError where checked values contradict each other; returns the keys that these values
  /// make idle.
  std::function<std::vector<IdleKey>(const Parameters&)> check;
};

/// Made from the bindings of the structs that hold the settings: to add a key is a member and a line of its
/// binding; to add a section is a binding and a line in sections.cpp.
///
/// monodr knows no plugin by name: where `plugin` is not given, the one that calls itself the default
/// of its kind is taken (PluginInfo::is_default).
const std::vector<Section>& core_sections();

/// The keys that every [loss.NAME] has beside the plugin's own: weight.
const ParameterSchema& loss_section_parameters();

/// All settings of one cell but those of its plugins.
struct CellSettings {
  DatasetSettings dataset;
  CategoryModel category;
  DetectorSettings detector;
  DepthEstimatorSettings depth_estimator;
  MethodSettings method;
  ShapePriorSettings shape_prior;
  CorpusSettings corpus;
  RendererSettings renderer;
  RuleSettings rule;
  FitSettings fit;
  PredictorSettings predictor;
  TrainSettings train;
  EvaluationSettings evaluation;
};

/// Of a resolved configuration.
CellSettings cell_settings(const nlohmann::json& config);

/// Whether a cell's seed changes what comes out. It drives what is drawn of the faults and nothing else: made-up
/// scenes have `dataset.scene_seed`, priors `shape_prior.seed`, and no method draws. So on real frames without
/// faults, and where all faults are fixed ones (a scale of the depth, masks grown by a pixel), one seed says it
/// all. Where this says no, the data get no seed (cell/data_request.h), so that it cannot be wrong unnoticed;
/// what begins to depend on the seed is named here.
bool uses_seed(const DatasetSettings& dataset, const MethodSettings& method);

}  // namespace monodr
