// SPDX-License-Identifier: Apache-2.0
#include "launch/sweep.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "experiment/cells.h"
#include "launch/cell_log.h"
#include "launch/failure_cause.h"
#include "launch/worker_pool.h"
#include "launch/workers.h"

namespace monodr {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr int tick_ms = 200;
constexpr auto look_elsewhere_interval = std::chrono::milliseconds(500);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One worker and the cell it has in hand.
struct Slot {
  std::unique_ptr<WorkerProcess> worker;
  std::optional<size_t> cell;
  Clock::time_point started;
  std::int64_t kills_at_begin = 0;                ///< kills_for_memory() at the start
  std::map<std::string, std::string> provenance;  ///< of the worker, as it says itself
  CellLog log;
};

class Sweep {
 public:
  Sweep(Database& database,
        const CellFiles& files,
        const std::vector<CellRecord>& cells,
        const SweepOptions& options,
        Progress& progress)
      : database_(database), files_(files), cells_(cells), options_(options), progress_(progress) {
    for (size_t i = 0; i < cells.size(); ++i) pending_.push_back(i);
    const WorkerPool pool =
        plan_worker_pool(cells.size(), options.jobs, options.threads, available_cores());
    slots_.resize(static_cast<size_t>(pool.workers));
    threads_ = pool.threads;
  }

  SweepOutcome run() {
    const SignalGuard signals;
    while (!finished()) {
      outcome_.stopped = SignalGuard::stop_requested();
      if (outcome_.stopped || (options_.fail_fast && outcome_.failed > 0)) break;
      for (Slot& slot : slots_)
        if (!slot.cell) give_work(slot);
      look_elsewhere();
      wait_for_reports();
      refuse_overlong_cells();
      progress_.refresh();
    }
    for (Slot& slot : slots_) put_back(slot);
    progress_.end();
    return outcome_;
  }

 private:
  bool finished() const {
    const bool idle =
        std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.cell; });
    return idle && pending_.empty() && elsewhere_.empty();
  }

  void give_work(Slot& slot) {
    while (!pending_.empty() && !slot.cell) {
      const size_t cell = pending_.front();
      pending_.pop_front();
      const CellRecord& record = cells_[cell];
      if (!database_.mark_running(record, ::getpid())) {
        elsewhere_.push_back(cell);
      } else if (const std::string state = changed_state(record); !state.empty()) {
        // Another process finished it between our look at the states and our mark.
        database_.release(record);
        count(cell, state, 0, "failed in another process");
      } else {
        start(slot, cell);
      }
    }
    if (pending_.empty() && !slot.cell) slot.worker.reset();
  }

  void start(Slot& slot, size_t cell) {
    const CellRecord& record = cells_[cell];
    slot.cell = cell;
    slot.started = Clock::now();
    slot.kills_at_begin = kills_for_memory();
    slot.log.begin(options_.logs_folder, record.id);
    const std::string path = files_.hand_out(record, options_.surroundings);
    if (!slot.worker) {
      slot.provenance.clear();
      WorkerOptions worker;
      worker.program = options_.worker;
      worker.arguments = {"run"};
      worker.threads = threads_;
      worker.memory_mb = options_.memory_limit_mb;
      slot.worker = std::make_unique<WorkerProcess>(worker);
    }
    progress_.cell_started(cell, record.id, describe(record));
    slot.worker->send(path);  // a worker that is gone shows by its end of stream
  }

  void wait_for_reports() {
    std::vector<int> descriptors;
    for (const Slot& slot : slots_) {
      if (!slot.worker) continue;
      descriptors.push_back(slot.worker->output());
      if (slot.worker->log() >= 0) descriptors.push_back(slot.worker->log());
    }
    wait_for(descriptors, tick_ms);
    for (Slot& slot : slots_) {
      if (!slot.worker) continue;
      std::vector<std::string> lines;
      const bool open = slot.worker->read_lines(lines);
      keep_log(slot);
      for (const std::string& line : lines) handle(slot, line);
      if (!open && slot.worker) handle_end(slot);
    }
  }

  void handle(Slot& slot, const std::string& line) {
    const json report = json::parse(line, nullptr, false);
    if (report.is_object() && report.contains("provenance")) {
      slot.provenance = report["provenance"].get<std::map<std::string, std::string>>();
      return;
    }
    const bool ours = slot.cell && report.is_object() && report.contains("cell") &&
                      report["cell"] == cells_[*slot.cell].id;
    if (!ours) {
      // A plugin may print to stdout; it is no report, but a person may want to read it.
      append_log(slot, line + "\n");
      return;
    }
    if (report.contains("progress") && report["progress"].is_number())
      progress_.cell_advanced(*slot.cell, report["progress"]);
    if (report.contains("state")) finish(slot, report);
  }

  // The worker says that its cell is at an end.
  void finish(Slot& slot, const json& report) {
    try {
      CellResult result = files_.read_result(cells_[*slot.cell]);
      if (result.state == "failed") result.message = with_log(slot, result.message);
      record(slot, result);
    } catch (const UserError& error) {
      const bool failed = report["state"] == "failed" && report.contains("message") &&
                          report["message"].is_string();
      fail(slot, failed ? report["message"].get<std::string>() : error.what());
    }
  }

  void handle_end(Slot& slot) {
    slot.worker->kill();
    keep_log(slot);
    const std::string how = slot.worker->wait();
    const std::string cause =
        cause_of_end(how, slot.worker->ended_by_signal(), slot.kills_at_begin, kills_for_memory());
    slot.worker.reset();
    if (slot.cell) fail(slot, cause);
  }

  void refuse_overlong_cells() {
    if (options_.time_limit <= 0) return;
    for (Slot& slot : slots_) {
      if (!slot.cell || seconds_since(slot.started) < options_.time_limit) continue;
      slot.worker->kill();
      keep_log(slot);
      slot.worker.reset();
      fail(slot,
           fmt::format("stopped after the time limit of {}", duration_text(options_.time_limit)));
    }
  }

  void fail(Slot& slot, const std::string& reason) {
    CellResult result;
    result.cell = cells_[*slot.cell].id;
    result.state = "failed";
    result.message = with_log(slot, reason);
    result.seconds = seconds_since(slot.started);
    record(slot, result);
  }

  void record(Slot& slot, CellResult result) {
    const size_t cell = *slot.cell;
    result.provenance.insert(slot.provenance.begin(), slot.provenance.end());
    result.provenance["plugin_folders"] = join(options_.surroundings.plugin_folders, ",");
    database_.import_result(cells_[cell], result);
    files_.remove(cells_[cell]);
    slot.cell.reset();
    slot.log.end();
    // Whatever failed may have left its traces in the process: memory, threads, settings.
    if (result.state == "failed") slot.worker.reset();
    count(cell, result.state, result.seconds, result.message);
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

  void put_back(Slot& slot) {
    slot.worker.reset();
    if (!slot.cell) return;
    files_.remove(cells_[*slot.cell]);
    database_.release(cells_[*slot.cell]);
    slot.cell.reset();
  }

  // "" unless another process has brought the cell to an end since the states were read.
  std::string changed_state(const CellRecord& record) const {
    const std::string state = database_.recorded_state(record);
    const auto before = options_.known_states.find(record.id);
    const bool as_before = before != options_.known_states.end() && before->second == state;
    return as_before || state == "missing" ? "" : state;
  }

  // Cells that another process runs: their end is ours too; if it gave up, they are ours to run.
  void look_elsewhere() {
    if (elsewhere_.empty() || Clock::now() - looked_elsewhere_ < look_elsewhere_interval) return;
    looked_elsewhere_ = Clock::now();
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

  void keep_log(Slot& slot) { append_log(slot, slot.worker->read_log()); }

  void append_log(Slot& slot, const std::string& text) {
    if (slot.cell) slot.log.append(text);
  }

  std::string with_log(const Slot& slot, const std::string& reason) const {
    return failure_message(reason, slot.log.last_lines(), options_.memory_limit_mb);
  }

  Database& database_;
  const CellFiles& files_;
  const std::vector<CellRecord>& cells_;
  const SweepOptions& options_;
  Progress& progress_;
  std::deque<size_t> pending_;
  std::vector<size_t> elsewhere_;
  Clock::time_point looked_elsewhere_;
  std::vector<Slot> slots_;
  int threads_ = 1;
  SweepOutcome outcome_;
};

}  // namespace

SweepOutcome run_sweep(Database& database,
                       const CellFiles& files,
                       const std::vector<CellRecord>& cells,
                       const SweepOptions& options,
                       Progress& progress) {
  return Sweep(database, files, cells, options, progress).run();
}

}  // namespace monodr
