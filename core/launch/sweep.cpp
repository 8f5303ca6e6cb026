// SPDX-License-Identifier: Apache-2.0
#include "launch/sweep.h"

#include <unistd.h>

#include <chrono>
#include <deque>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "experiment/cells.h"
#include "launch/signal_guard.h"

namespace monodr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int tick_ms = 200;
constexpr auto look_elsewhere_interval = std::chrono::milliseconds(500);

class Sweep {
 public:
  Sweep(Database& database,
        const CellFiles& files,
        const std::vector<CellRecord>& cells,
        Launcher& launcher,
        const SweepOptions& options,
        Progress& progress)
      : database_(database),
        files_(files),
        cells_(cells),
        launcher_(launcher),
        options_(options),
        progress_(progress) {
    for (size_t i = 0; i < cells.size(); ++i) pending_.push_back(i);
  }

  SweepOutcome run() {
    const SignalGuard signals;
    while (!pending_.empty() || !running_.empty() || !elsewhere_.empty()) {
      outcome_.stopped = SignalGuard::stop_requested();
      if (outcome_.stopped || (options_.fail_fast && outcome_.failed > 0)) break;
      while (!pending_.empty() && launcher_.free_places() > 0) start_next();
      if (pending_.empty()) launcher_.no_more();
      renew_leases();
      look_elsewhere();
      for (CellEvent& event : launcher_.wait(tick_ms)) take(event);
      progress_.refresh();
    }
    for (const size_t cell : running_) put_back(cell);
    progress_.end();
    return outcome_;
  }

 private:
  void start_next() {
    const size_t cell = pending_.front();
    pending_.pop_front();
    const CellRecord& record = cells_[cell];
    if (!database_.mark_running(record, ::getpid(), options_.launch.launcher)) {
      elsewhere_.push_back(cell);
    } else if (const std::string state = changed_state(record); !state.empty()) {
      // Another process finished it between our look at the states and our mark.
      database_.release(record);
      count(cell, state, 0, "failed in another process");
    } else {
      running_.insert(cell);
      progress_.cell_started(cell, record.id, describe(record));
      launcher_.start(cell, record, files_.hand_out(record, options_.surroundings));
    }
  }

  void take(CellEvent& event) {
    if (running_.count(event.cell) == 0) return;
    if (!event.ended) {
      progress_.cell_advanced(event.cell, event.progress);
      return;
    }
    CellResult& result = *event.ended;
    result.provenance["plugin_folders"] = join(options_.surroundings.plugin_folders, ",");
    database_.import_result(cells_[event.cell], result);
    files_.remove(cells_[event.cell]);
    running_.erase(event.cell);
    count(event.cell, result.state, result.seconds, result.message);
  }

  void count(size_t cell, const std::string& state, double seconds, const std::string& message) {
    const bool failed = state == "failed";
    ++(failed ? outcome_.failed : outcome_.done);
    progress_.cell_finished(
        cell, cells_[cell].id, describe(cells_[cell]), seconds, failed ? message : "");
    // A cell that is done may have objects that failed.
    if (!failed && !message.empty())
      progress_.note(fmt::format("{}: {}", describe(cells_[cell]), message));
  }

  void put_back(size_t cell) {
    files_.remove(cells_[cell]);
    database_.release(cells_[cell]);
  }

  // "" unless another process has brought the cell to an end since the states were read.
  std::string changed_state(const CellRecord& record) const {
    const std::string state = database_.recorded_state(record);
    const auto before = options_.known_states.find(record.id);
    const bool as_before = before != options_.known_states.end() && before->second == state;
    return as_before || state == "missing" ? "" : state;
  }

  // Three times in a lease, so that one late tick costs no cell.
  void renew_leases() {
    if (running_.empty() ||
        Clock::now() - renewed_ < std::chrono::seconds(options_.lease_seconds) / 3)
      return;
    renewed_ = Clock::now();
    database_.renew_leases(::getpid());
  }

  // Cells that another process runs: their end is ours too; if it gave up, they are ours to run.
  void look_elsewhere() {
    if (elsewhere_.empty() || Clock::now() - looked_elsewhere_ < look_elsewhere_interval) return;
    looked_elsewhere_ = Clock::now();
    files_.renew_leases(database_);
    const auto states = database_.states(cells_.front().experiment);
    std::vector<size_t> still;
    for (const size_t cell : elsewhere_) {
      const auto state = states.find(cells_[cell].id);
      const bool running = state != states.end() && state->second == "running";
      if (running)
        still.push_back(cell);
      else
        pending_.push_back(cell);
    }
    elsewhere_ = std::move(still);
  }

  Database& database_;
  const CellFiles& files_;
  const std::vector<CellRecord>& cells_;
  Launcher& launcher_;
  const SweepOptions& options_;
  Progress& progress_;
  std::deque<size_t> pending_;
  std::set<size_t> running_;
  std::vector<size_t> elsewhere_;
  Clock::time_point looked_elsewhere_, renewed_ = Clock::now();
  SweepOutcome outcome_;
};

}  // namespace

SweepOutcome run_sweep(Database& database,
                       const CellFiles& files,
                       const std::vector<CellRecord>& cells,
                       const SweepOptions& options,
                       Progress& progress) {
  database.set_lease(options.lease_seconds);
  const auto make = find_launcher(options.launch.launcher).make;
  MONODR_CHECK(make != nullptr, "'{}' takes no sweep", options.launch.launcher);
  const std::unique_ptr<Launcher> launcher = make(files, options.launch, cells.size());
  return Sweep(database, files, cells, *launcher, options, progress).run();
}

}  // namespace monodr
