// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "settings/binding.h"

namespace monodr {

/// [launcher.slurm]: how `--launcher slurm` asks a cluster for its jobs. Nothing of it changes a cell. An empty text
/// leaves a matter to the cluster's own default.
struct SlurmSettings {
  std::string partition;
  std::string account;
  std::string time;                ///< of a task, in Slurm's grammar: "90", "4:00:00", "1-12:00:00"
  std::string memory;              ///< of a task: "4G"
  std::string gres;                ///< of a task: "gpu:1"
  int cpus = 1;                    ///< of a task, and threads of its worker
  std::vector<std::string> lines;  ///< further options of sbatch: "--constraint=avx2"
  std::string prelude;             ///< shell, before the program: module load, source .../activate
  std::string wrapper;             ///< words before each program: "apptainer exec monodr.sif"
  std::string collector_partition;  ///< of the job that takes results in, "" = `partition`
  std::string scratch;              ///< a node's own folder for a copy of the cache, "" = none
  int at_once = 64;                 ///< tasks of the array that may run at a time
  int training_nodes = 1;           ///< over which the processes of a training are spread
  int signal_before = 120;          ///< s before its limit that a task is told
  int patience = 60;                ///< s that a full queue is asked again
  int queue_days = 14;  ///< that a cell belongs to its job where nobody can ask the cluster
};

const Binding<SlurmSettings>& slurm_binding();

}  // namespace monodr
