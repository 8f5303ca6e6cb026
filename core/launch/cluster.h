// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace monodr {

/// A job as the cluster's controller tells of it: a task of an array, the tasks of one that are still to come, or a
/// job that is no array.
struct ClusterJob {
  std::string name;
  std::int64_t id = 0;  ///< of the array, for tasks
  bool is_array = false;
  std::vector<std::int64_t> tasks;  ///< of the array
  bool all_tasks = false;  ///< of the array that no other entry tells of: the list was cut short
  std::string state;       ///< in Slurm's words: "PENDING", "RUNNING", "NODE_FAIL"
  std::string reason;      ///< why it waits or failed, in Slurm's words
  std::string node;
  std::int64_t restarts = 0;  ///< how often it was queued again

  bool lives() const;  ///< it runs or may run yet
};

/// Options of sbatch that only the moment of submission knows.
struct JobOrder {
  std::string script;      ///< file
  std::string dependency;  ///< "afterok:17", "" = none
};

/// What the engine asks of a cluster; slurm_cluster() asks Slurm, tests and bench/ simulate one.
class Cluster {
 public:
  virtual ~Cluster() = default;

  /// The job's id. Throws UserError where it is not taken.
  virtual std::int64_t submit(const JobOrder& order) = 0;
  /// The jobs that the controller knows, ended ones too for a while; nothing where it does not answer.
  virtual std::optional<std::vector<ClusterJob>> jobs() = 0;
  virtual void cancel(const std::vector<std::int64_t>& jobs) = 0;
  /// Tasks that an array may have.
  virtual std::size_t largest_array() = 0;
};

/// Slurm by its commands: sbatch, squeue --json, scancel, scontrol. `patience`: seconds that a full queue is asked
/// again before submit() gives up.
std::unique_ptr<Cluster> slurm_cluster(int patience);

/// The jobs in what `squeue --json` prints, of whatever version (22.05 on). Throws UserError for
/// another text, and where it says that the controller did not answer.
std::vector<ClusterJob> jobs_from_json(const std::string& text);

}  // namespace monodr
