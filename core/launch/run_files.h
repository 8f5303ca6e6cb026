// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "launch/orders.h"
#include "results/cell_result.h"

namespace monodr {

/// Carries one order out: the result, a failed one where the cell failed. `progress` takes the
/// share that is done and may be called from any thread.
using CarryOut = std::function<CellResult(const CellOrder& order,
                                          const std::function<void(double share)>& progress)>;

/// `monodr-worker run [options] FILE...`: carries the orders out one after the other, with nobody
/// to talk to, as a job on another machine does. What is known of a cell is what lies beside its
/// order: the result, renamed into place, and before that a heartbeat (launch/heartbeat.h).
///
/// An order that has its result, or of which it is known that its worker died, is passed over: a job that was queued
/// again goes on where it was.
///
/// Options: --orders (a file that names more), --cache (in place of the orders'), --threads, --memory-limit (MB), --time-limit (seconds a cell), --logs (folder: what a
/// cell prints goes to its file there) and --heartbeat (seconds between two). The process starts
/// itself anew where it was not started with the environment of a worker, and where a cell is
/// stopped at its limit, for the orders that are left.
///
/// Returns 0 where all cells are done, 1 where one failed (its result says why) or an order could
/// not be read. Throws UserError for wrong options.
int run_files(const std::vector<std::string>& arguments, const CarryOut& carry_out);

}  // namespace monodr
