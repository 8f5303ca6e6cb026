// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <unordered_set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "launch/cell_log.h"
#include "launch/failure_cause.h"
#include "launch/slurm_sweep.h"
#include "launch/task_orders.h"
#include "results/open_database.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using State = SubmittedCell::State;

// Cells of a transaction: enough that its end does not count, few enough that another writer waits milliseconds.
constexpr std::size_t cells_at_a_time = 256;

/// Why a preparation failed, "" where none has.
std::string failed_preparation(const std::string& folder) {
  std::set<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder + "/prepare", ignored))
    if (entry.path().extension() == ".failed") files.insert(entry.path().string());
  if (files.empty()) return "";
  const std::string said = read_file(*files.begin());
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);) {
    const auto report = nlohmann::json::parse(line, nullptr, false);
    if (report.is_object() && report.contains("error") && report.at("error").is_string())
      return report.at("error");
  }
  const std::string last = last_lines(said);
  return last.empty() ? "it ended without a word; see output/ in " + folder : last;
}

// Who took the task away, and not what it did, ended it.
bool is_no_fault_of_a_cell(const std::string& state) {
  static const std::set<std::string> states = {
      "CANCELLED", "PREEMPTED", "NODE_FAIL", "BOOT_FAIL", "DEADLINE", "REVOKED"};
  return states.count(state) > 0;
}

/// Takes in what one submission has left.
class Collector {
 public:
  Collector(Database& database, const Submission& submission, CollectOutcome& outcome)
      : database_(database), submission_(submission), outcome_(outcome) {}

  void run(const std::optional<std::vector<ClusterJob>>& jobs) {
    std::unordered_set<std::string> open = database_.cells_of_job(submission_.name);
    failed_preparation_ = failed_preparation(submission_.folder);
    bool all_settled = true;
    for (const SubmittedCell& cell : look_at(submission_, jobs)) {
      if (open.erase(cell.id) == 0) continue;  // taken in before
      const bool settled = settle(cell);
      all_settled = all_settled && settled;
    }
    // Marked by a submitter that did not live to write their orders: it would hold the lock.
    freed_.insert(freed_.end(), open.begin(), open.end());
    import();
    wait_for_import();
    database_.release_from_job(submission_.name, freed_);
    outcome_.freed += freed_.size();
    if (!all_settled) return;
    flush_to_disk(database_.connection());
    clear_away();
  }

 private:
  /// False where there is nothing to be done yet.
  bool settle(const SubmittedCell& cell) {
    switch (cell.state) {
      case State::queued:
      case State::running:
        ++outcome_.held;
        return false;
      case State::unknown:
        ++outcome_.unknown;
        return false;
      case State::ended:
        take(cell);
        return true;
      case State::gone:
        if (!failed_preparation_.empty() && !cell.has_begun)
          fail(cell, "what it needs could not be made: " + failed_preparation_);
        else if (cell.job.state == "FAILED" && !was_started(cell))
          freed_.push_back(cell.id);
        else if (!cell.has_begun && cell.job.state == "FAILED")
          fail(cell, "its task failed before it came to the cell: " + printed_by_task(cell));
        else if (!cell.has_begun || is_no_fault_of_a_cell(cell.job.state))
          freed_.push_back(cell.id);
        else
          fail(cell, gone_reason(cell));
        return true;
    }
    return false;
  }

  // A node refuses a task, for one, that was taken from it in the same second.
  bool was_started(const SubmittedCell& cell) const {
    return fs::exists(submission_.start_note(cell.task, cell.job.restarts));
  }

  std::string printed_by_task(const SubmittedCell& cell) const {
    const std::string file = fmt::format("{}/output/task-{}.out", submission_.folder, cell.task);
    const std::string last = fs::exists(file) ? last_lines(read_file(file)) : "";
    return last.empty() ? "it printed nothing" : last;
  }

  static std::string gone_reason(const SubmittedCell& cell) {
    if (cell.job.state == "OUT_OF_MEMORY")
      return "out of memory: its task had used what launcher.slurm.memory gives";
    if (cell.job.state == "TIMEOUT")
      return "its task met its time limit; raise launcher.slurm.time";
    return fmt::format("its task ended without leaving a result{}",
                       cell.job.state.empty() ? "" : " (" + cell.job.state + ")");
  }

  void take(const SubmittedCell& cell) {
    if (!fs::exists(result_beside(cell.order_file))) {
      const std::string note = read_file(death_beside(cell.order_file));
      fail(cell, note.substr(0, note.find('\n')));
      return;
    }
    const CellOrder order = order_of(cell);
    try {
      CellResult result = CellFiles(submission_.cells_folder()).read_result(order.record);
      keep(order, std::move(result));
    } catch (const UserError& error) {
      fail(cell, error.what());
    }
  }

  void fail(const SubmittedCell& cell, const std::string& reason) {
    const CellOrder order = order_of(cell);
    CellResult result;
    result.cell = cell.id;
    result.state = "failed";
    result.message = failure_message(reason, last_log_lines(submission_.logs_folder, cell.id), 0);
    keep(order, std::move(result));
  }

  CellOrder order_of(const SubmittedCell& cell) {
    if (cell.task != task_) {
      orders_ = task_orders(submission_.task_list(static_cast<std::size_t>(cell.task)));
      task_ = cell.task;
    }
    if (cell.place >= orders_.size())
      throw UserError(fmt::format("'{}.orders' is cut short: there is no order of cell {}",
                                  submission_.task_list(static_cast<std::size_t>(cell.task)),
                                  cell.id));
    return cell_order_from_json(orders_[cell.place]);
  }

  void keep(const CellOrder& order, CellResult result) {
    result.provenance["plugin_folders"] = join(order.plugin_folders, ",");
    ++(result.state == "done" ? outcome_.done : outcome_.failed);
    if (result.state == "failed") ++failed_;
    results_.emplace_back(order.record, std::move(result));
    if (results_.size() >= cells_at_a_time) import();
  }

  // While one batch is written, the next one's files are read. One that fails ends the collector at the next, and
  // nothing has been cleared away then.
  void import() {
    wait_for_import();
    import_ = std::async(std::launch::async, [this, results = std::exchange(results_, {})] {
      database_.import_results(results);
    });
  }

  void wait_for_import() {
    if (import_.valid()) import_.get();
  }

  // What tasks printed stays where somebody may want to know why.
  void clear_away() const {
    std::error_code ignored;
    fs::remove(submission_.folder + "/submission.json", ignored);
    if (failed_ == 0 && freed_.empty())
      fs::remove_all(submission_.folder, ignored);
    else
      for (const char* folder : {"/cells", "/tasks", "/prepare"})
        fs::remove_all(submission_.folder + folder, ignored);
  }

  Database& database_;
  const Submission& submission_;
  CollectOutcome& outcome_;
  std::string failed_preparation_;
  std::vector<std::pair<CellRecord, CellResult>> results_;
  std::vector<std::string> freed_;
  std::size_t failed_ = 0;
  std::int64_t task_ = -1;           // whose orders are at hand: cells come task by task
  std::vector<std::string> orders_;  // of that task
  std::future<void> import_;         // last: its end is waited for before the others go
};

}  // namespace

CollectOutcome collect_submissions(Database& database,
                                   Cluster& cluster,
                                   const std::string& results_folder,
                                   const std::string& experiment) {
  CollectOutcome outcome;
  if (find_submissions(results_folder).empty()) return outcome;
  const SubmissionLock lock(results_folder);
  // First: a task that ends after this look is looked at again, one that ended before has left its files.
  const auto jobs = cluster.jobs();
  for (const Submission& submission : find_submissions(results_folder))
    if (experiment.empty() || submission.experiment == experiment)
      Collector(database, submission, outcome).run(jobs);
  return outcome;
}

}  // namespace monodr
