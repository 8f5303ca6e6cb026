// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "fitting/objective.h"
#include "fitting/settings.h"
#include "plugin/registry.h"
#include "plugin/rule.h"

namespace monodr {

/// The method that a resolved configuration describes: its plugins, made, and its constants.
struct Method {
  std::shared_ptr<const ShapePrior> prior;
  std::shared_ptr<const Renderer> renderer;
  std::vector<WeightedLoss> losses;  ///< those with a weight
  std::unique_ptr<Rule> rule;
  FitSettings settings;

  /// All of it, or with the loss named `only` alone.
  Objective objective(const std::string& only = "") const;
};

/// `prepare` must have run. The plugins live as long as the registry.
Method make_method(const nlohmann::json& config, Registry& registry, const std::string& cache);

/// Makes all of it but the prior, and drops it: throws UserError where a plugin refuses its
/// parameters or settings contradict each other.
void check_method(const nlohmann::json& config, Registry& registry);

}  // namespace monodr
