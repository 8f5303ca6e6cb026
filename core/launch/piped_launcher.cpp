// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "launch/cell_log.h"
#include "launch/failure_cause.h"
#include "launch/launcher.h"
#include "launch/progress.h"
#include "launch/worker_pool.h"
#include "launch/workers.h"

namespace monodr {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One worker and the cell it has in hand.
struct Slot {
  std::unique_ptr<WorkerProcess> worker;
  std::optional<size_t> cell;
  CellRecord record;  ///< of that cell
  Clock::time_point started;
  std::int64_t kills_at_begin = 0;                ///< kills_for_memory() at the start
  std::map<std::string, std::string> provenance;  ///< of the worker, as it says itself
  CellLog log;
};

class PipedLauncher : public Launcher {
 public:
  PipedLauncher(const CellFiles& files, const LaunchOptions& options, size_t cells)
      : files_(files), options_(options) {
    const WorkerPool pool =
        plan_worker_pool(cells, options.jobs, options.threads, available_cores());
    slots_.resize(static_cast<size_t>(pool.workers));
    threads_ = pool.threads;
  }

  size_t free_places() const override {
    return static_cast<size_t>(
        std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.cell; }));
  }

  void start(size_t cell, const CellRecord& record, const std::string& file) override {
    Slot& slot =
        *std::find_if(slots_.begin(), slots_.end(), [](const Slot& some) { return !some.cell; });
    slot.cell = cell;
    slot.record = record;
    slot.started = Clock::now();
    slot.kills_at_begin = kills_for_memory();
    slot.log.begin(options_.logs_folder, record.id);
    if (!slot.worker) {
      slot.provenance.clear();
      WorkerOptions worker;
      worker.program = options_.worker;
      worker.arguments = {"run"};
      worker.threads = threads_;
      worker.memory_mb = options_.memory_limit_mb;
      slot.worker = std::make_unique<WorkerProcess>(worker);
    }
    slot.worker->send(file);  // a worker that is gone shows by its end of stream
  }

  std::vector<CellEvent> wait(int milliseconds) override {
    wait_for_reports(milliseconds);
    refuse_overlong_cells();
    return std::exchange(events_, {});
  }

  // A worker without a cell holds memory for nothing.
  void no_more() override {
    for (Slot& slot : slots_)
      if (!slot.cell) slot.worker.reset();
  }

 private:
  void wait_for_reports(int milliseconds) {
    std::vector<int> descriptors;
    for (const Slot& slot : slots_) {
      if (!slot.worker) continue;
      descriptors.push_back(slot.worker->output());
      if (slot.worker->log() >= 0) descriptors.push_back(slot.worker->log());
    }
    wait_for(descriptors, milliseconds);
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
                      report["cell"] == slot.record.id;
    if (!ours) {
      // A plugin may print to stdout; it is no report, but a person may want to read it.
      append_log(slot, line + "\n");
      return;
    }
    if (report.contains("progress") && report["progress"].is_number())
      events_.push_back({*slot.cell, report["progress"], std::nullopt});
    if (report.contains("state")) finish(slot, report);
  }

  // The worker says that its cell is at an end.
  void finish(Slot& slot, const json& report) {
    try {
      CellResult result = files_.read_result(slot.record);
      if (result.state == "failed") result.message = with_log(slot, result.message);
      end(slot, std::move(result));
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
    result.cell = slot.record.id;
    result.state = "failed";
    result.message = with_log(slot, reason);
    result.seconds = seconds_since(slot.started);
    end(slot, std::move(result));
  }

  void end(Slot& slot, CellResult result) {
    result.provenance.insert(slot.provenance.begin(), slot.provenance.end());
    // Whatever failed may have left its traces in the process: memory, threads, settings.
    if (result.state == "failed") slot.worker.reset();
    events_.push_back({*slot.cell, 1, std::move(result)});
    slot.cell.reset();
    slot.log.end();
  }

  void keep_log(Slot& slot) { append_log(slot, slot.worker->read_log()); }

  void append_log(Slot& slot, const std::string& text) {
    if (slot.cell) slot.log.append(text);
  }

  std::string with_log(const Slot& slot, const std::string& reason) const {
    return failure_message(reason, slot.log.last_lines(), options_.memory_limit_mb);
  }

  const CellFiles& files_;
  LaunchOptions options_;
  std::vector<Slot> slots_;
  int threads_ = 1;
  std::vector<CellEvent> events_;
};

}  // namespace

std::unique_ptr<Launcher> make_piped_launcher(const CellFiles& files,
                                              const LaunchOptions& options,
                                              size_t cells) {
  return std::make_unique<PipedLauncher>(files, options, cells);
}

}  // namespace monodr
