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
/// trained shape priors and predictors. Throws UserError with the worker's message where it refuses. Returns false
/// if a signal asked to stop.
bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress);

/// Each configuration once, for the seeds of a cell share it; of those cells that are chosen.
std::vector<std::string> distinct_configurations(const std::vector<CellRecord>& cells,
                                                 const std::vector<bool>& chosen);

/// Has one worker make the parts of each configuration once and drop them; nothing is made or read. Throws and returns
/// as prepare_inputs does.
bool check_configurations(const std::vector<std::string>& configurations,
                          const std::string& worker,
                          const std::vector<std::string>& plugin_folders,
                          Progress& progress);

/// Tasks that may be carried out at once: they share nothing that one of them would have to make. A task is one or more
/// orders for `monodr-worker prepare`, one after the other.
struct PreparationStage {
  std::vector<std::vector<PrepareOrder>> tasks;
  int processes = 1;  ///< that carry out each order together
};

/// What prepare_inputs makes, each thing once; a stage needs what the one before has made. First data (with what networks
/// say of it) and priors, then, where there are predictors, what they are trained on, then they, in a stage for
/// each number of processes.
std::vector<PreparationStage> preparation_stages(const std::vector<CellRecord>& cells,
                                                 const std::vector<std::string>& plugin_folders,
                                                 const std::string& cache_folder);

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
