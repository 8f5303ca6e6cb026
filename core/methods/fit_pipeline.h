// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fitting/initialiser.h"
#include "fitting/objective.h"
#include "plugin/predictor.h"
#include "plugin/registry.h"
#include "plugin/rule.h"
#include "settings/category.h"
#include "settings/fit.h"
#include "settings/predictor.h"

namespace monodr {

/// What a fit is made of: the plugins that a resolved configuration names, made, and its constants.
struct FitPipeline {
  std::shared_ptr<const ShapePrior> prior;
  std::shared_ptr<const Renderer> renderer;
  std::vector<WeightedLoss> losses;  ///< those with a weight
  std::unique_ptr<Rule> rule;
  FitSettings settings;

  /// All of it, or with the loss named `only` alone.
  Objective objective(const std::string& only = "") const;
};

/// `prepare` must have run. The plugins live as long as the registry.
FitPipeline make_fit_pipeline(const nlohmann::json& config,
                              Registry& registry,
                              const std::string& cache);

/// Makes all of it, the prior untrained, and drops it: throws UserError where a plugin refuses its
/// parameters, settings contradict each other or the parts do not fit (check_parts_fit).
void check_fit_pipeline(const nlohmann::json& config, Registry& registry);

/// What `fit.start` names. UserError for a folder of detections that is not there.
std::unique_ptr<Initialiser> make_initialiser(const FitSettings& settings,
                                              const CategoryModel& category);
/// With a predictor: its proposals, or, where `fit.start` names anything but headings, that start judged by the predictor.
std::unique_ptr<Initialiser> make_initialiser(const FitSettings& settings,
                                              const CategoryModel& category,
                                              std::shared_ptr<const Predictor> predictor,
                                              const PredictorSettings& how);

}  // namespace monodr
