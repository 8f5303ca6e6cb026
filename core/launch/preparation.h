// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/progress.h"
#include "results/database.h"

namespace monodr {

/// Has one worker (`monodr-worker prepare`) check the configuration of every cell, its data
/// included, and then make, or find in the cache, what the cells share: synthetic data sets and
/// trained shape priors and predictors. Throws UserError with the worker's message where it refuses. Returns false
/// if a signal asked to stop.
bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress);

/// Has the worker train the distinct shape priors of the cells, or find them in the cache; returns
/// their files, or nothing if a signal asked to stop: the next call goes on where this one was.
std::optional<std::vector<std::string>> train_priors(const std::vector<CellRecord>& cells,
                                                     const std::string& worker,
                                                     const std::vector<std::string>& plugin_folders,
                                                     const std::string& cache_folder,
                                                     Progress& progress);

/// The same of the predictors, with their scenes and priors.
std::optional<std::vector<std::string>> train_predictors(
    const std::vector<CellRecord>& cells,
    const std::string& worker,
    const std::vector<std::string>& plugin_folders,
    const std::string& cache_folder,
    Progress& progress);

}  // namespace monodr
