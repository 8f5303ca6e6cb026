// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <deque>
#include <list>

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

constexpr int look_ms = 20;

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
  std::deque<Order> orders;   ///< those without a result; the first is the one it is at
  Clock::time_point started;  ///< of the first
  std::int64_t kills_at_begin = 0;
  CellLog log;
};

class BlockLauncher : public Launcher {
 public:
  BlockLauncher(const CellFiles& files,
                const LaunchOptions& options,
                size_t cells,
                size_t per_block)
      : files_(files), options_(options), per_block_(std::max<size_t>(1, per_block)) {
    const WorkerPool pool =
        plan_worker_pool(cells, options.jobs, options.threads, available_cores());
    most_jobs_ = static_cast<size_t>(pool.workers);
    threads_ = pool.threads;
  }

  size_t free_places() const override {
    const size_t places = most_jobs_ * per_block_;
    return places - std::min(places, waiting_.size() + jobs_.size() * per_block_);
  }

  void start(size_t cell, const CellRecord& record, const std::string& file) override {
    waiting_.push_back({cell, record, file});
    if (waiting_.size() >= per_block_) submit_waiting();
  }

  void no_more() override { submit_waiting(); }

  std::vector<CellEvent> wait(int milliseconds) override {
    submit_waiting();
    const Clock::time_point begin = Clock::now();
    do {
      for (auto job = jobs_.begin(); job != jobs_.end();)
        job = look_at(*job) ? std::next(job) : jobs_.erase(job);
      if (!events_.empty()) break;
      wait_for({}, look_ms);
    } while (seconds_since(begin) * 1000 < milliseconds && !SignalGuard::stop_requested());
    return std::exchange(events_, {});
  }

 private:
  void submit_waiting() {
    while (!waiting_.empty() && jobs_.size() < most_jobs_) {
      const size_t count = std::min(per_block_, waiting_.size());
      std::deque<Order> block(waiting_.begin(),
                              waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
      submit(std::move(block));
    }
  }

  void submit(std::deque<Order> block) {
    Job& job = jobs_.emplace_back();
    job.orders = std::move(block);
    WorkerOptions worker;
    worker.program = options_.worker;
    worker.arguments = {"run"};
    for (const Order& order : job.orders) worker.arguments.push_back(order.file);
    worker.threads = threads_;
    worker.memory_mb = options_.memory_limit_mb;
    job.worker = std::make_unique<WorkerProcess>(worker);
    job.worker->close_input();
    begin_first(job);
  }

  void begin_first(Job& job) {
    job.started = Clock::now();
    job.kills_at_begin = kills_for_memory();
    if (!job.orders.empty()) job.log.begin(options_.logs_folder, job.orders.front().record.id);
  }

  /// False once the job is at an end.
  bool look_at(Job& job) {
    std::vector<std::string> reports;  // of no interest: a result is a file
    const bool open = job.worker->read_lines(reports);
    job.log.append(job.worker->read_log());
    while (!job.orders.empty() && files_.has_result(job.orders.front().record)) end_first(job);
    if (!open) return handle_end(job), false;
    if (job.orders.empty()) return true;
    if (options_.time_limit > 0 && seconds_since(job.started) > options_.time_limit) {
      job.worker->kill();
      job.log.append(job.worker->read_log());
      fail_first(
          job,
          fmt::format("stopped after the time limit of {}", duration_text(options_.time_limit)));
      resubmit(job);
      return false;
    }
    return true;
  }

  void end_first(Job& job) {
    try {
      CellResult result = files_.read_result(job.orders.front().record);
      if (result.state == "failed") result.message = with_log(job, result.message);
      end(job, std::move(result));
    } catch (const UserError& error) {
      fail_first(job, error.what());
    }
  }

  void handle_end(Job& job) {
    const std::string how = job.worker->wait();
    if (job.orders.empty()) return;
    if (how.empty())
      fail_first(job, "cannot read a result: the worker ended without leaving one");
    else
      fail_first(
          job,
          cause_of_end(how, job.worker->ended_by_signal(), job.kills_at_begin, kills_for_memory()));
    resubmit(job);
  }

  // What a job that died had not come to is none of its fault.
  void resubmit(Job& job) {
    for (auto order = job.orders.rbegin(); order != job.orders.rend(); ++order)
      waiting_.push_front(std::move(*order));
    job.orders.clear();
  }

  void fail_first(Job& job, const std::string& reason) {
    CellResult result;
    result.cell = job.orders.front().record.id;
    result.state = "failed";
    result.message = with_log(job, reason);
    result.seconds = seconds_since(job.started);
    end(job, std::move(result));
  }

  void end(Job& job, CellResult result) {
    events_.push_back({job.orders.front().cell, 1, std::move(result)});
    job.orders.pop_front();
    job.log.end();
    begin_first(job);
  }

  std::string with_log(const Job& job, const std::string& reason) const {
    return failure_message(reason, job.log.last_lines(), options_.memory_limit_mb);
  }

  const CellFiles& files_;
  LaunchOptions options_;
  size_t per_block_, most_jobs_ = 1;
  int threads_ = 1;
  std::deque<Order> waiting_;
  std::list<Job> jobs_;
  std::vector<CellEvent> events_;
};

}  // namespace

std::unique_ptr<Launcher> make_block_launcher(const CellFiles& files,
                                              const LaunchOptions& options,
                                              size_t cells,
                                              size_t cells_per_block) {
  return std::make_unique<BlockLauncher>(files, options, cells, cells_per_block);
}

}  // namespace monodr
