// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "launch/cell_files.h"
#include "launch/cluster.h"

namespace monodr {

/// What was handed to a cluster at a time, as a folder beside the database, slurm/<name>/: tasks/<n> (the orders of task
/// n, launch/task_orders.h), cells/ (what workers leave of them), prepare/, the scripts, output/ (what tasks print) and
/// submission.json. Its jobs have its name, so that they are found again whoever was killed when, and so do
/// its cells' marks in the database (Database::mark_for_job).
struct Submission {
  std::string folder, name, experiment;
  std::string logs_folder;

  std::string cells_folder() const { return folder + "/cells"; }
  std::string task_list(std::size_t task) const;
  /// What a task's script leaves there when it is started, after so many restarts: a node may refuse to start it.
  std::string start_note(std::int64_t task, std::int64_t restarts) const;
  /// The names of the orders of each task.
  std::vector<std::vector<std::string>> tasks() const;
};

/// A name that no other submission has.
std::string new_submission_name(const std::string& experiment);

/// slurm/ beside the database.
std::string submissions_folder(const std::string& results_folder);

/// Those that still have something to take in or to wait for.
std::vector<Submission> find_submissions(const std::string& results_folder);

/// Writes submission.json: from now on find_submissions() finds it.
void write_submission(const Submission& submission);

/// Holds what is done with the submissions of a database for one process at a time, on whatever host; waits for it.
class SubmissionLock {
 public:
  explicit SubmissionLock(const std::string& results_folder);
  ~SubmissionLock();
  SubmissionLock(const SubmissionLock&) = delete;
  SubmissionLock& operator=(const SubmissionLock&) = delete;

 private:
  int file_ = -1;
};

/// Where a cell of a submission is.
struct SubmittedCell {
  enum class State {
    queued,   ///< its task waits, or is at another cell
    running,  ///< a worker has begun it
    ended,    ///< its result, or the note that its worker died, is there
    gone,     ///< its task has ended without either
    unknown   ///< the cluster does not answer, and there is neither
  };
  std::string id, order_file;
  std::size_t place = 0;  ///< of its order in its task
  State state = State::unknown;
  bool has_begun = false;
  std::int64_t task = 0;
  ClusterJob job;  ///< that of its task, as far as the cluster still knows it
};

/// All its cells; `jobs` as Cluster::jobs() gave them, before this call.
std::vector<SubmittedCell> look_at(const Submission& submission,
                                   const std::optional<std::vector<ClusterJob>>& jobs);

/// The cell of whichever submission; nothing where none has it.
std::optional<SubmittedCell> find_submitted_cell(
    const std::string& results_folder,
    const std::string& cell,
    const std::optional<std::vector<ClusterJob>>& jobs);

/// "queued as task 17_3 (Priority)", "running as task 17_3 on node7, 40 % done": for people.
std::string describe(const SubmittedCell& cell);

}  // namespace monodr
