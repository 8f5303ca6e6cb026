// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "results/cell_result.h"

namespace SQLite {
class Database;
}

namespace monodr {

struct PluginRecord {
  std::string kind, name, version;
  std::string file_hash;  ///< SHA-256 of the shared library
};

/// How long a mark of a running cell holds without being renewed: long beside a pause of the machine
/// or of its file system, short beside a night.
inline constexpr int kLeaseSeconds = 300;

/// What is known of a cell before it runs.
struct CellRecord {
  std::string id;  ///< SHA-256 of the resolved configuration, program, plugin files and dataset
  std::string experiment;
  std::string arm;
  int arm_order = 0;  ///< place of the arm in the file, from 0
  std::int64_t seed = 0;
  std::map<std::string, std::string> axes;  ///< key -> value as TOML writes it; without the seed
  std::string config;                       ///< the resolved configuration, JSON
  std::vector<PluginRecord> plugins;
  std::string code_hash;  ///< SHA-256 of the worker's program
};

/// The results file: one SQLite database that outlives every run (docs/database.md).
///
/// Every writing function is one transaction (BEGIN IMMEDIATE): whatever kills the process, a cell
/// is in the file as a whole or not at all, and several processes may write. What the user can
/// mend (a full disk, a read-only file, a file of another program or of a newer monodr) is a
/// UserError that names the file and the remedy.
class Database {
 public:
  enum class Access {
    read_only,  ///< the file must exist
    read_write  ///< created with its folder where it is missing
  };

  explicit Database(const std::string& file, Access access = Access::read_write);
  ~Database();
  Database(Database&&) noexcept;

  const std::string& file() const { return file_; }

  /// Says what the experiment now consists of: rows and their order in tables follow `cells`, and
  /// results of other cells (of an older version of the file, of other overrides) are kept but no
  /// longer count in tables. A cell that was run under another arm or axis name moves to its new
  /// one. Cells without results stand in the file as missing from now on. `report_metrics` are the
  /// columns that the experiment names for print, as --metric takes them.
  void plan(const std::string& experiment,
            const std::string& question,
            const std::vector<CellRecord>& cells,
            const std::vector<std::string>& report_metrics = {});

  /// Notes that process `pid` of this host has the cell run, by the launcher of that name. False,
  /// and nothing is changed, while another living process runs it. Results of an earlier run stay
  /// until new ones are taken in.
  bool mark_running(const CellRecord& record, int pid, const std::string& launcher = "");

  /// How long a mark holds on another host without being renewed; kLeaseSeconds unless told.
  void set_lease(int seconds) { lease_seconds_ = seconds; }

  /// Prolongs the marks of a process of this host, from now.
  void renew_leases(int pid);

  /// Prolongs the mark of a cell, whoever has it, from the moment that its worker was seen alive.
  /// A moment that is still to come, by the clock of this host, is taken for now.
  void renew_lease(const CellRecord& record, std::int64_t alive_at);

  /// The clock by which leases are judged, seconds since 1970; for tests.
  void set_clock(std::function<std::int64_t()> clock) { clock_ = std::move(clock); }

  /// Marks cells as those of a cluster's job, for so many seconds; nobody on this host has to live for that. Which of
  /// them it marked: not those that a living process or another job has, and not those that another process has brought
  /// to an end since `known_states` was read (`states`). The cells must be planned. One transaction.
  std::vector<bool> mark_for_job(const std::vector<CellRecord>& cells,
                                 const std::string& job,
                                 const std::string& launcher,
                                 std::int64_t seconds,
                                 const std::unordered_map<std::string, std::string>& known_states);

  /// Ids of the cells that the job has.
  std::unordered_set<std::string> cells_of_job(const std::string& job) const;

  /// The job no longer has these cells. One transaction.
  void release_from_job(const std::string& job, const std::vector<std::string>& cells);

  /// import_result for many, in one transaction.
  void import_results(const std::vector<std::pair<CellRecord, CellResult>>& results);

  /// This process no longer runs the cell; a mark of another stays. Forgets the cell where it is
  /// not planned and has no results.
  void release(const CellRecord& record);

  /// Puts the result in place of what the cell had; ends mark_running. From now on the cell is the
  /// one that counts for its arm, axes and seed.
  void import_result(const CellRecord& record, const CellResult& result);

  /// Puts the tag on each cell of these ids, in whatever arms and experiments it stands, or takes it off. Tags
  /// stay with the cell while it is in the file, whatever results it gets.
  void set_tag(const std::vector<std::string>& ids, const std::string& tag, bool is_on);

  /// Puts the note in place of what the cell had; "" takes it away.
  void set_note(const std::string& id, const std::string& text);

  /// A copy in memory, for reading, in which only those current cells are current that have all of the tags:
  /// whatever asks it, counts them alone.
  Database only_tagged(const std::vector<std::string>& tags) const;

  /// Cell id -> "done", "failed", "running", "missing" (never started), or "interrupted" (marked as
  /// running, but its process is gone and there is no result). A mark of this host holds while its
  /// process lives, one of another host while its lease lasts (for ever where an older program gave
  /// none). A cell of two arms with the same id counts as done where one of them is.
  std::unordered_map<std::string, std::string> states(const std::string& experiment) const;

  /// What the cell's row says of its results, whoever has it marked as running: "done", "failed" or
  /// "missing".
  std::string recorded_state(const CellRecord& record) const;

  /// Why the cell failed; "" where it did not.
  std::string failure_message(const CellRecord& record) const;

  std::vector<std::string> experiments() const;
  /// Throws UserError with the nearest name where there is no such experiment.
  void require_experiment(const std::string& experiment) const;

  /// For queries. Wrap them in `guarded`.
  SQLite::Database& connection() const { return *connection_; }

  /// Runs `action`, turning SQLite's exceptions into UserErrors with a remedy.
  void guarded(const std::function<void()>& action) const;

 private:
  Database(std::string file, std::unique_ptr<SQLite::Database> connection);
  void write(const std::function<void()>& action);
  void clear_dead_marks();
  void import_rows(const CellRecord& record, const CellResult& result);
  std::string file_;
  std::unique_ptr<SQLite::Database> connection_;
  std::function<std::int64_t()> clock_;
  int lease_seconds_ = kLeaseSeconds;
};

/// What to do where the results file lies, or would lie, on a file system of several hosts (base/file_system.h), for people;
/// "" where it does not.
std::string advice_on_file_system(const std::string& file);

}  // namespace monodr
