// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "launch/progress.h"
#include "launch/sweep.h"
#include "runexp/plan.h"

namespace monodr {

/// Whether the launcher of that name submits a sweep and returns.
bool submits(const std::string& launcher);

/// Where a submission lies.
struct SubmissionPlace {
  std::string results_folder;
  std::string database;
};

/// `--dry-run`: the scripts of the jobs that would be submitted.
std::string scripts_of(const Plan& plan,
                       const std::vector<CellRecord>& chosen,
                       const SweepOptions& options,
                       const SubmissionPlace& place,
                       const Database* database);

/// Checks the configurations of the chosen records, plans all in the database, hands the chosen to the cluster and says
/// so. Returns the exit code.
int submit_plan(Plan plan,
                const std::vector<bool>& chosen,
                const SweepOptions& options,
                const SubmissionPlace& place,
                Progress& progress);

}  // namespace monodr
