// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "experiment/catalogue.h"
#include "experiment/cells.h"
#include "results/database.h"

namespace monodr {

/// An experiment that was found sound: everything that is known before the first cell runs.
struct Plan {
  Experiment experiment;
  CatalogueSource plugins;
  std::vector<Cell> cells;
  std::vector<CellRecord> records;  ///< of `cells`, in their order
};

/// The dry run: one line a cell with its state and the time it is expected to take.
/// `states` as Database::states gives them; `database` may be nullptr where there is none yet.
std::string format_dry_run(const Plan& plan,
                           const std::unordered_map<std::string, std::string>& states,
                           const Database* database,
                           int jobs);

}  // namespace monodr
