// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launch/orders.h"
#include "launch/progress.h"
#include "results/database.h"

namespace monodr {

/// Has one worker (`monodr-worker prepare`) check the configuration of every cell, its data
/// included, and then make, or find in the cache, what the cells share: synthetic data sets and
/// trained shape priors. Throws UserError with the worker's message where it refuses. Returns false
/// if a signal asked to stop.
bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress);

/// Has one worker make the parts of each configuration once and drop them; nothing is made or read. Throws and returns
/// as prepare_inputs does.
bool check_configurations(const std::vector<CellRecord>& cells,
                          const std::string& worker,
                          const std::vector<std::string>& plugin_folders,
                          Progress& progress);

/// What prepare_inputs makes, as orders for `monodr-worker prepare` in stages: those of a stage share nothing that one
/// of them would have to make, and need what the stage before has made. First the priors, then the data.
std::vector<std::vector<PrepareOrder>> preparation_stages(
    const std::vector<CellRecord>& cells,
    const std::vector<std::string>& plugin_folders,
    const std::string& cache_folder);

/// Has the worker train the distinct shape priors of the cells, or find them in the cache; returns
/// their files, or nothing if a signal asked to stop: the next call goes on where this one was.
std::optional<std::vector<std::string>> train_priors(const std::vector<CellRecord>& cells,
                                                     const std::string& worker,
                                                     const std::vector<std::string>& plugin_folders,
                                                     const std::string& cache_folder,
                                                     Progress& progress);

}  // namespace monodr
