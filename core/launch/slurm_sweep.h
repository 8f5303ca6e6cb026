// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "launch/cluster.h"
#include "launch/preparation.h"
#include "launch/slurm_scripts.h"
#include "launch/submission.h"
#include "launch/sweep.h"

namespace monodr {

/// A sweep by a cluster: submitted and left to itself, taken in by whoever comes next. Three kinds of job have the
/// submission's name: those that make what all cells share (<name>.prepare), the array of blocks of cells (<name>),
/// which waits for them, and one that takes results in once the array has ended, however (<name>.collect).
///
/// What is true of a cell is told by files and by the cluster, and the database's mark follows. So whoever is killed
/// when, the next `runexp` finds the jobs by their name, takes in what is there once, and frees what no job has any
/// more. Only one process at a time does any of it (SubmissionLock).
struct SlurmSweep {
  SlurmSettings settings;
  SweepOptions options;          ///< launch.worker, limits, logs, surroundings, known_states
  std::string results_folder;    ///< absolute
  std::string database;          ///< absolute
  std::string runexp;            ///< absolute
  std::vector<double> expected;  ///< s, of each cell; below 0 = not known
  std::vector<PreparationStage> preparation;  ///< preparation_stages(); may be empty
};

/// The scripts as they would be submitted, with the number of tasks; nothing is written.
std::string show_scripts(const std::vector<CellRecord>& cells,
                         const SlurmSweep& sweep,
                         Cluster& cluster);

struct SubmitOutcome {
  std::size_t cells = 0;  ///< submitted; the others are being run elsewhere
  std::size_t tasks = 0;
  std::int64_t array = 0, collector = 0;  ///< jobs
  std::string folder;
};

/// Hands the cells, which are planned in the database, to the cluster and returns. Where a job is not taken, those that
/// were are cancelled and the cells are as before: UserError.
SubmitOutcome submit_sweep(Database& database,
                           Cluster& cluster,
                           const std::vector<CellRecord>& cells,
                           const SlurmSweep& sweep);

struct CollectOutcome {
  std::size_t done = 0, failed = 0;
  std::size_t freed = 0;    ///< their tasks ended before they began, or by no fault of theirs
  std::size_t held = 0;     ///< are queued or running
  std::size_t unknown = 0;  ///< the cluster does not answer
};

/// Takes in what the submissions of a database have left, and frees cells that no job has any more; of one experiment,
/// or of all ("").
CollectOutcome collect_submissions(Database& database,
                                   Cluster& cluster,
                                   const std::string& results_folder,
                                   const std::string& experiment = "");

/// Ends the jobs of the experiment's submissions; returns how many submissions there were. What has begun is as if it had
/// not, once collect_submissions() finds that the jobs are gone.
std::size_t cancel_submissions(Cluster& cluster,
                               const std::string& results_folder,
                               const std::string& experiment);

}  // namespace monodr
