// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "launch/cell_files.h"
#include "launch/launcher.h"
#include "launch/progress.h"
#include "results/database.h"

namespace monodr {

struct SweepOptions {
  LaunchOptions launch;
  bool fail_fast = false;  ///< stop at the first cell that fails
  CellSurroundings surroundings;
  /// Database::states as it was when the cells were chosen: a cell that another process brings to
  /// an end after that is not run again.
  std::unordered_map<std::string, std::string> known_states;
};

struct SweepOutcome {
  int done = 0;
  int failed = 0;
  bool stopped = false;  ///< by a signal
};

/// Runs the cells in worker processes of this host and takes each result into the database as it comes.
///
/// A worker that crashes, hangs or breaks the protocol costs its own cell, which is recorded as
/// failed with the reason and the last lines of its log; a new worker takes over. Cells that
/// another living process runs are waited for. SIGINT, SIGTERM and SIGHUP end the sweep at once:
/// what is done stays, the rest is as if it had never been started.
SweepOutcome run_sweep(Database& database,
                       const CellFiles& files,
                       const std::vector<CellRecord>& cells,
                       const SweepOptions& options,
                       Progress& progress);

/// Makes the launcher for so many cells.
using LauncherFactory =
    std::function<std::unique_ptr<Launcher>(const CellFiles& files, size_t cells)>;

/// The same where the launcher says. No worker is left when it returns.
SweepOutcome run_sweep(Database& database,
                       const CellFiles& files,
                       const std::vector<CellRecord>& cells,
                       const LauncherFactory& make_launcher,
                       const SweepOptions& options,
                       Progress& progress);

}  // namespace monodr
