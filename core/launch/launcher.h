// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launch/cell_files.h"
#include "results/cell_result.h"
#include "results/database.h"

namespace monodr {

/// What a launcher tells of a cell.
struct CellEvent {
  size_t cell = 0;
  double progress = 0;              ///< share done
  std::optional<CellResult> ended;  ///< its result, one that failed with a word on why
};

/// Where cells run: local processes, another machine's, a cluster's jobs.
///
/// The sweep (launch/sweep.h) marks cells in the database, writes their orders to files (CellFiles) and takes
/// results in; a launcher makes a worker carry the orders out, which leaves each result in a file beside its
/// order. It keeps this contract, which tests/launch and tests/runexp hold for every entry of launchers():
///
/// - Each cell that was started ends once: with the result that the worker left, or, where a worker died, hung
///   beyond its time limit or left nothing that can be read, with a failed one that says so and ends with the last
///   lines of the cell's log. It costs its own cell and no other.
/// - A cell is carried out once, unless the worker that died on another had not come to it yet.
/// - It takes as many cells at a time as free_places() says; blocks of them may share a job.
/// - What a cell prints is in its log (launch/cell_log.h) while it runs.
/// - Who destroys it stops what still runs and forgets it: no worker outlives it, however this process ends.
class Launcher {
 public:
  virtual ~Launcher() = default;

  /// How many cells it would take now.
  virtual size_t free_places() const = 0;
  /// Starts a cell whose order lies in `file`; `cell` names it in events.
  virtual void start(size_t cell, const CellRecord& record, const std::string& file) = 0;
  /// What has happened; waits for it at most so long.
  virtual std::vector<CellEvent> wait(int milliseconds) = 0;
  /// No cell comes after those that were started.
  virtual void no_more() {}
};

/// Limits of workers, whatever starts them.
struct LaunchOptions {
  std::string launcher = "local";  ///< one of launchers()
  std::string worker;              ///< program, see worker_program()
  int jobs = 0;                    ///< worker processes; 0 = as many as the cores allow
  int threads = 0;                 ///< of a worker; 0 = the cores are shared among the workers
  double time_limit = 0;           ///< seconds a cell; 0 = none
  int memory_limit_mb = 0;         ///< that a worker may allocate; 0 = none
  std::string logs_folder;  ///< what a cell writes to stderr goes to <first 12 digits>.log there
  int cells_per_task = 0;   ///< of launchers that put several in one; 0 = as fits
  double heartbeat = 5;     ///< seconds between two signs of life of a worker without a pipe
};

/// Worker processes of this host that are told cell after cell through a pipe: starting one costs more than many
/// a small cell. `cells` is how many there will be.
std::unique_ptr<Launcher> make_piped_launcher(const CellFiles& files,
                                              const LaunchOptions& options,
                                              size_t cells);

/// `monodr-worker run FILE...` for a block of cells at a time, without a pipe: what is known of a cell are the files
/// beside its order. As a cluster's job runs it, but on this host.
std::unique_ptr<Launcher> make_block_launcher(const CellFiles& files,
                                              const LaunchOptions& options,
                                              size_t cells);

/// A launcher that --launcher offers. A further one is an entry in launcher.cpp and a file of its own.
struct LauncherEntry {
  const char* name;
  const char* meaning;
  decltype(&make_piped_launcher)
      make;  ///< nullptr: it submits the sweep and returns (launch/slurm_sweep.h)
};

/// The first is what is taken where none is asked for.
const std::vector<LauncherEntry>& launchers();

/// Throws UserError with the nearest name for one that there is not.
const LauncherEntry& find_launcher(const std::string& name);

}  // namespace monodr
