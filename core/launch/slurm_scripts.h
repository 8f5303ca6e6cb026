// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "launch/launcher.h"
#include "launch/preparation.h"
#include "settings/slurm.h"

namespace monodr {

/// What the scripts of a submission (launch/submission.h) are made from. Paths are absolute.
struct SlurmJob {
  SlurmSettings settings;
  LaunchOptions launch;  ///< worker, limits of a cell, folder of logs
  std::string name;      ///< of the submission and of its jobs
  std::string folder;    ///< of the submission
  std::string runexp;    ///< the program
  std::string database;
  std::string cache;
};

/// The three kinds of job of a submission as scripts for sbatch: what sbatch is to know stands in their #SBATCH lines,
/// but for what a job depends on.

/// Task n carries out the orders that the file tasks/n names, one after the other (`monodr-worker run --orders`), in a
/// new worker where one dies: that costs the cell that it was at. Shortly before its time limit it stops and has itself
/// queued again; so does the cluster where it takes the node away. What has its result is not done again.
std::string array_script(const SlurmJob& job, std::size_t tasks);

/// Task n makes what prepare/<stage>.<n>.<i>.json ask for. Where one fails, what it said is in <stage>.<n>.<i>.failed.
/// Where several processes do it together, srun starts them, on launcher.slurm.training_nodes nodes or fewer; the first
/// node's address and a port by the job's number are where they meet. Where one of them dies, the task is queued again,
/// three times at most.
std::string preparation_script(const SlurmJob& job,
                               std::size_t number,
                               const PreparationStage& stage);

/// Takes results into the database (`runexp collect`).
std::string collector_script(const SlurmJob& job);

}  // namespace monodr
