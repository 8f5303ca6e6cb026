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
/// Told what the user should know, such as a frame that is left out.
using PrepareNote = std::function<void(const std::string& text)>;

/// Makes what cells of this configuration share, where the cache does not hold it yet: the
/// synthetic set and the trained shape prior. Both appear whole or not at all.
void prepare(const nlohmann::json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note);

/// The folder in KITTI's layout that the configuration reads: dataset.root, or the cached synthetic
/// set of these options.
std::string dataset_root(const nlohmann::json& config, const std::string& cache);

/// The prior of the configuration, loaded from the cache; `prepare` must have run.
std::shared_ptr<ShapePrior> load_shape_prior(const nlohmann::json& config,
                                             Registry& registry,
                                             const std::string& cache);

}  // namespace monodr
