// SPDX-License-Identifier: Apache-2.0
#include "experiment/sweep.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <deque>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "experiment/cells.h"
#include "experiment/workers.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr int tick_ms = 200;
constexpr auto look_elsewhere_interval = std::chrono::milliseconds(500);
constexpr size_t log_lines_shown = 12;
constexpr size_t log_tail_bytes = 8192;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// How many processes the kernel has killed to free memory, since the machine was started.
std::int64_t kills_for_memory() {
  std::ifstream counters("/proc/vmstat");
  std::string name;
  for (std::int64_t count = 0; counters >> name >> count;)
    if (name == "oom_kill") return count;
  return 0;
}

// As the C++ library and LibTorch say it.
bool tells_of_lack_of_memory(const std::string& text) {
  return text.find("std::bad_alloc") != std::string::npos ||
         text.find("can't allocate memory") != std::string::npos;
}

std::string last_lines(const std::string& text) {
  size_t begin = text.find_last_not_of('\n');
  if (begin == std::string::npos) return "";
  const size_t end = begin + 1;
  for (size_t lines = 0; lines < log_lines_shown && begin != std::string::npos; ++lines)
    begin = begin == 0 ? std::string::npos : text.rfind('\n', begin - 1);
  begin = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(begin, end - begin);
}

// What the cell's row says, whoever has it marked as running.
std::string recorded_state(const Database& database, const CellRecord& record) {
  std::string state = "missing";
  database.guarded([&] {
    SQLite::Statement row(database.connection(),
                          "SELECT state FROM cell WHERE hash = ? AND variant IN (SELECT variant.id "
                          "FROM variant JOIN experiment ON experiment.id = variant.experiment "
                          "WHERE experiment.name = ? AND variant.arm = ?)");
    row.bind(1, record.id);
    row.bind(2, record.experiment);
    row.bind(3, record.arm);
    if (row.executeStep()) state = row.getColumn(0).getString();
  });
  return state;
}

/// One worker and the cell it has in hand.
struct Slot {
  std::unique_ptr<WorkerProcess> worker;
  std::optional<size_t> cell;
  Clock::time_point started;
  std::int64_t kills_before = 0;                  ///< kills_for_memory() at the start
  std::map<std::string, std::string> provenance;  ///< of the worker, as it says itself
  std::string log_tail;
  std::ofstream log_file;
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
    const Crew crew = make_crew(cells.size(), options.jobs, options.threads, available_cores());
    slots_.resize(static_cast<size_t>(crew.workers));
    threads_ = crew.threads;
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
    slot.kills_before = kills_for_memory();
    slot.log_tail.clear();
    std::error_code ignored;
    fs::remove(log_path(record), ignored);  // what an earlier run wrote
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
    std::string how = slot.worker->wait();
    if (slot.worker->ended_by_signal() == SIGKILL)
      how = kills_for_memory() > slot.kills_before
                ? "was killed by the system, which had run out of memory; run fewer workers (-j)"
                : how + ", from outside";
    slot.worker.reset();
    if (slot.cell)
      fail(slot, how.empty() ? "the worker ended without a result" : "the worker " + how);
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
    database_.take_in(cells_[cell], result);
    files_.remove(cells_[cell]);
    slot.cell.reset();
    slot.log_file.close();
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
    const std::string state = recorded_state(database_, record);
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
    if (text.empty() || !slot.cell) return;
    slot.log_tail += text;
    if (slot.log_tail.size() > 2 * log_tail_bytes)
      slot.log_tail.erase(0, slot.log_tail.size() - log_tail_bytes);
    if (!slot.log_file.is_open()) {
      fs::create_directories(options_.logs_folder);
      slot.log_file.open(log_path(cells_[*slot.cell]));
    }
    slot.log_file << text << std::flush;
  }

  std::string log_path(const CellRecord& record) const {
    return log_file(options_.logs_folder, record.id);
  }

  std::string with_log(const Slot& slot, const std::string& reason) const {
    const std::string lines = last_lines(slot.log_tail);
    std::string text = lines.empty() ? reason : reason + "\n" + lines;
    if (!tells_of_lack_of_memory(text)) return text;
    const std::string limit =
        options_.memory_limit_mb > 0
            ? fmt::format(" (limit: {} MB, --memory-limit)", options_.memory_limit_mb)
            : "";
    return fmt::format("out of memory{}: {}", limit, text);
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

Crew make_crew(size_t cells, int jobs, int threads, int cores) {
  Crew crew;
  const int wanted = jobs > 0 ? jobs : std::max(1, cores / std::max(1, threads));
  crew.workers = static_cast<int>(std::clamp<size_t>(cells, 1, static_cast<size_t>(wanted)));
  crew.threads = threads > 0 ? threads : std::max(1, cores / crew.workers);
  return crew;
}

std::string log_file(const std::string& logs_folder, const std::string& cell) {
  return (fs::path(logs_folder) / (cell.substr(0, 12) + ".log")).string();
}

int available_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace monodr
