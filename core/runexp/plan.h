// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "experiment/cells.h"
#include "launch/catalogue.h"
#include "results/database.h"

namespace monodr {

/// An experiment that was found sound: everything that is known before the first cell runs.
struct Plan {
  Experiment experiment;
  CatalogueSource plugins;
  std::vector<Cell> cells;          ///< without their configurations, which stand in the records
  std::vector<CellRecord> records;  ///< of `cells`, in their order
};

/// A cell to be run although its settings were run before.
struct StaleCell {
  std::string changed;  ///< since then: "loss mask, the program"
  std::string earlier;  ///< id of the cell that has the results
};

/// Id of the cell -> what of a plugin's file, the data or the program changed since it was run.
/// `states` as Database::states gives them.
std::unordered_map<std::string, StaleCell> stale_cells(
    const Plan& plan,
    const std::unordered_map<std::string, std::string>& states,
    const Database& database);

/// Takes the earlier results of stale cells for theirs.
void accept_stale(Plan& plan, const std::unordered_map<std::string, StaleCell>& stale);

/// What each cell is expected to take, by the cells of its arm that are done, else by all; below 0 where none is.
std::vector<double> expected_seconds(const std::vector<CellRecord>& cells,
                                     const Database* database);

/// The dry run: one line a cell with its state and the time it is expected to take.
/// `states` as Database::states gives them; `database` may be nullptr where there is none yet.
std::string format_dry_run(const Plan& plan,
                           const std::unordered_map<std::string, std::string>& states,
                           const Database* database,
                           int jobs);

}  // namespace monodr
