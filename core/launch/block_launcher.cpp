// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <utility>

#include "base/error.h"
#include "launch/cell_log.h"
#include "launch/failure_cause.h"
#include "launch/heartbeat.h"
#include "launch/launcher.h"
#include "launch/signal_guard.h"
#include "launch/worker_pool.h"
#include "launch/workers.h"

namespace monodr {
namespace {

using Clock = std::chrono::steady_clock;

// A job has no pipe that would tell of a result: its files are looked for.
constexpr int look_ms = 20;
// Blocks that each job's place gets in a sweep, so that all places end at about the same time.
constexpr size_t blocks_a_place = 4;
constexpr size_t largest_block = 32;
constexpr size_t most_printed = 1 << 14;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A cell on its way, with the order that a job is to carry out.
struct Order {
  size_t cell = 0;
  CellRecord record;
  std::string file;
};

/// One `monodr-worker run FILE...`: it carries its orders out one after the other.
struct Job {
  std::unique_ptr<WorkerProcess> worker;
  std::deque<Order> orders;  ///< those without a result; the first is the one it is at
  bool ended_some = false;
  Clock::time_point started;  ///< of the first
  std::int64_t kills_at_begin = 0;
  std::string printed;  ///< by the job itself; what a cell prints is in the cell's log
};

class BlockLauncher : public Launcher {
 public:
  BlockLauncher(const CellFiles& files, const LaunchOptions& options, size_t cells)
      : files_(files), options_(options) {
    const WorkerPool pool =
        plan_worker_pool(cells, options.jobs, options.threads, available_cores());
    most_jobs_ = static_cast<size_t>(pool.workers);
    threads_ = pool.threads;
    const size_t parts = most_jobs_ * blocks_a_place;
    per_block_ = options.cells_per_task > 0
                     ? static_cast<size_t>(options.cells_per_task)
                     : std::clamp<size_t>((cells + parts - 1) / parts, 1, largest_block);
  }

  size_t free_places() const override {
    const size_t places = most_jobs_ * per_block_;
    return places - std::min(places, waiting_.size() + jobs_.size() * per_block_);
  }

  void start(size_t cell, const CellRecord& record, const std::string& file) override {
    waiting_.push_back({cell, record, file});
    if (waiting_.size() >= per_block_) submit_waiting();
  }

  std::vector<CellEvent> wait(int milliseconds) override {
    submit_waiting();
    const Clock::time_point begin = Clock::now();
    do {
      for (auto job = jobs_.begin(); job != jobs_.end();)
        job = look_at(*job) ? std::next(job) : jobs_.erase(job);
      if (!events_.empty()) break;
      wait_for(outputs(), look_ms);
    } while (seconds_since(begin) * 1000 < milliseconds && !SignalGuard::stop_requested());
    return std::exchange(events_, {});
  }

 private:
  // Readable at the end of a job; what it prints before only wakes us earlier.
  std::vector<int> outputs() const {
    std::vector<int> descriptors;
    for (const Job& job : jobs_) descriptors.push_back(job.worker->output());
    return descriptors;
  }

  void submit_waiting() {
    while (!waiting_.empty() && jobs_.size() < most_jobs_) {
      Job& job = jobs_.emplace_back();
      for (; !waiting_.empty() && job.orders.size() < per_block_; waiting_.pop_front())
        job.orders.push_back(std::move(waiting_.front()));
      submit(job);
    }
  }

  void submit(Job& job) {
    WorkerOptions worker;
    worker.program = options_.worker;
    worker.threads = threads_;
    worker.memory_mb = options_.memory_limit_mb;
    worker.arguments = {"run",
                        fmt::format("--threads={}", threads_),
                        fmt::format("--memory-limit={}", options_.memory_limit_mb),
                        fmt::format("--time-limit={}", options_.time_limit),
                        fmt::format("--heartbeat={}", options_.heartbeat),
                        "--logs=" + options_.logs_folder,
                        "--"};
    std::error_code ignored;
    for (const Order& order : job.orders) {
      // What an earlier run of it wrote would pass for a word on this one.
      std::filesystem::remove(log_file(options_.logs_folder, order.record.id), ignored);
      worker.arguments.push_back(order.file);
    }
    job.started = Clock::now();
    job.kills_at_begin = kills_for_memory();
    job.worker = std::make_unique<WorkerProcess>(worker);
    job.worker->close_input();
  }

  /// False once the job is at an end.
  bool look_at(Job& job) {
    std::vector<std::string> lines;  // of no interest: a result is a file
    const bool runs = job.worker->read_lines(lines);
    keep_printed(job);
    while (!job.orders.empty() && files_.has_result(job.orders.front().record)) end_first(job);
    if (!runs) {
      handle_end(job);
      return false;
    }
    if (!job.orders.empty()) tell_progress(job.orders.front());
    return true;
  }

  static void keep_printed(Job& job) {
    job.printed += job.worker->read_log();
    if (job.printed.size() > most_printed) job.printed.erase(0, job.printed.size() - most_printed);
  }

  void tell_progress(const Order& order) {
    const auto heartbeat = read_heartbeat(order.file);
    if (!heartbeat || told_[order.cell] == heartbeat->progress) return;
    told_[order.cell] = heartbeat->progress;
    events_.push_back({order.cell, heartbeat->progress, std::nullopt});
  }

  // Orders that are left run in another job, but the one that this job was at. Where it came to none
  // at all it fails the first of them: else it would be tried for ever.
  void handle_end(Job& job) {
    job.worker->kill();
    keep_printed(job);
    const std::string how = job.worker->wait();
    std::deque<Order> rest;
    for (bool is_first = true; !job.orders.empty();) {
      const Order& order = job.orders.front();
      if (files_.has_result(order.record)) {
        end_first(job);
      } else if (std::exchange(is_first, false) && (has_begun(order) || !job.ended_some)) {
        fail_first(job, reason_of_end(job, how));
      } else {
        rest.push_back(order);
        job.orders.pop_front();
      }
    }
    waiting_.insert(waiting_.begin(), rest.begin(), rest.end());
  }

  // A worker makes a cell's log as it comes to the cell.
  bool has_begun(const Order& order) const {
    return std::filesystem::exists(log_file(options_.logs_folder, order.record.id));
  }

  static std::string reason_of_end(const Job& job, const std::string& how) {
    const bool in_order = how.empty() || job.worker->exit_code() == 1;
    return in_order
               ? "cannot read a result: the worker ended without leaving one"
               : cause_of_end(
                     how, job.worker->ended_by_signal(), job.kills_at_begin, kills_for_memory());
  }

  void end_first(Job& job) {
    try {
      end_first_with(job, files_.read_result(job.orders.front().record));
    } catch (const UserError& error) {
      fail_first(job, error.what());
    }
  }

  void fail_first(Job& job, const std::string& reason) {
    const std::string& cell = job.orders.front().record.id;
    CellResult result;
    result.cell = cell;
    result.state = "failed";
    const std::string log = last_log_lines(options_.logs_folder, cell);
    result.message = failure_message(
        reason, log.empty() ? last_lines(job.printed) : log, options_.memory_limit_mb);
    result.seconds = seconds_since(job.started);
    end_first_with(job, std::move(result));
  }

  void end_first_with(Job& job, CellResult result) {
    const size_t cell = job.orders.front().cell;
    told_.erase(cell);
    events_.push_back({cell, 1, std::move(result)});
    job.orders.pop_front();
    job.ended_some = true;
    job.started = Clock::now();
  }

  const CellFiles& files_;
  LaunchOptions options_;
  size_t per_block_ = 1, most_jobs_ = 1;
  int threads_ = 1;
  std::deque<Order> waiting_;
  std::list<Job> jobs_;
  std::map<size_t, double> told_;  ///< cell -> the share that was told last
  std::vector<CellEvent> events_;
};

}  // namespace

std::unique_ptr<Launcher> make_block_launcher(const CellFiles& files,
                                              const LaunchOptions& options,
                                              size_t cells) {
  return std::make_unique<BlockLauncher>(files, options, cells);
}

}  // namespace monodr
