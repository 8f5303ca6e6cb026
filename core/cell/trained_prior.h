// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "plugin/registry.h"

namespace monodr {

/// Told what is being made and the share done, 0..1.
using PrepareProgress = std::function<void(const std::string& what, double share)>;

/// Where the trained prior of a configuration lies: its own `shape_prior.file`, or the file in the
/// cache that is named by the hash of all that goes into it (settings, plugin, corpus), so that a
/// changed plugin or corpus trains anew.
std::string prior_path(const nlohmann::json& config, Registry& registry, const std::string& cache);

/// Trains the prior of the configuration unless it is there. An interrupted training leaves
/// "<path>.checkpoint" and goes on from there.
void make_trained_prior(const nlohmann::json& config,
                        Registry& registry,
                        const std::string& cache,
                        const PrepareProgress& progress);

/// The prior of the configuration; `make_trained_prior` must have run.
std::shared_ptr<ShapePrior> load_shape_prior(const nlohmann::json& config,
                                             Registry& registry,
                                             const std::string& cache);

}  // namespace monodr
