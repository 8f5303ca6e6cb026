// SPDX-License-Identifier: Apache-2.0
#include "launch/run_files.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <mutex>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "launch/cell_files.h"
#include "launch/cell_log.h"
#include "launch/failure_cause.h"
#include "launch/heartbeat.h"
#include "launch/progress.h"
#include "launch/task_orders.h"
#include "launch/worker_environment.h"
#include "launch/worker_pool.h"
#include "results/process_identity.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
using Clock = std::chrono::steady_clock;

const CommandUsage usage = {
    "monodr-worker run",
    "[options] FILE...",
    "Runs the cells whose orders lie in these files, one after the other, and leaves each result\n"
    "beside its order. Exit codes: 0 all are done, 1 some failed, 2 wrong use.\n"};

struct Options {
  int threads = 0;
  int memory_limit_mb = 0;
  double time_limit = 0;
  double heartbeat = 0;
  std::string logs;
  std::string cache;
  bool some_failed = false;
  std::vector<std::string> files;
  std::string list;                ///< of a task (launch/task_orders.h), in place of files
  size_t first = 0;                ///< order of the list to begin with
  std::vector<std::string> texts;  ///< the orders, where there is a list
  int death_signal = 0;            ///< that the kernel sends once the parent is gone
  pid_t parent = 0;
};

/// False where only help was asked for.
bool read_options(const std::vector<std::string>& arguments, Options& read) {
  po::options_description options("options");
  auto add = options.add_options();
  add("threads",
      po::value<int>(&read.threads)->default_value(0)->value_name("N"),
      "threads of a cell; 0 = MONODR_THREADS, or as many as there are cores");
  add("memory-limit",
      po::value<int>(&read.memory_limit_mb)->default_value(0)->value_name("MB"),
      "memory that may be allocated; 0 = no limit");
  add("time-limit",
      po::value<double>(&read.time_limit)->default_value(0)->value_name("SECONDS"),
      "a cell that takes longer is stopped and has failed; 0 = no limit");
  add("logs",
      po::value<std::string>(&read.logs)->default_value("")->value_name("DIR"),
      "what a cell prints goes to a file there");
  add("heartbeat",
      po::value<double>(&read.heartbeat)->default_value(5)->value_name("SECONDS"),
      "how often a cell that runs says so in a file beside its order");
  add("cache",
      po::value<std::string>(&read.cache)->default_value("")->value_name("DIR"),
      "folder of made-up data and trained priors in place of that of the orders");
  add("orders",
      po::value<std::string>(&read.list)->default_value("")->value_name("LIST"),
      "in place of FILE...: a task's list of orders, which lie in LIST.orders");
  add("first",
      po::value<size_t>(&read.first)->default_value(0)->value_name("N"),
      "begin with the order of that number in the list, counted from 0");
  add("some-failed", po::bool_switch(&read.some_failed), "cells before these have failed");
  add("word", po::value<std::vector<std::string>>(&read.files), "FILE...");
  po::variables_map values;
  const auto files = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, options, files, values)) return false;
  if (read.threads < 0 || read.memory_limit_mb < 0 || !(read.time_limit >= 0))
    throw UserError("monodr-worker run: --threads, --memory-limit and --time-limit are at least 0");
  if (!(read.heartbeat > 0)) throw UserError("monodr-worker run: --heartbeat must be above 0");
  if (read.files.empty() == read.list.empty())
    throw UserError("monodr-worker run: orders are named by FILE... or by --orders LIST");
  if (!read.list.empty()) {
    read.files = task_names(read.list);
    read.texts = task_orders(read.list);
    if (read.files.size() != read.texts.size())
      throw UserError(fmt::format("'{}' names {} orders, but '{}.orders' holds {}",
                                  read.list,
                                  read.files.size(),
                                  read.list,
                                  read.texts.size()));
  }
  if (read.threads == 0) {
    const char* given = std::getenv("MONODR_THREADS");
    read.threads = given != nullptr ? std::atoi(given) : 0;
    if (read.threads <= 0) read.threads = available_cores();
  }
  return true;
}

[[noreturn]] void start_anew(const Options& options, size_t first) {
  std::vector<std::string> words{"monodr-worker",
                                 "run",
                                 fmt::format("--threads={}", options.threads),
                                 fmt::format("--memory-limit={}", options.memory_limit_mb),
                                 fmt::format("--time-limit={}", options.time_limit),
                                 fmt::format("--heartbeat={}", options.heartbeat)};
  if (!options.logs.empty()) words.push_back("--logs=" + options.logs);
  if (!options.cache.empty()) words.push_back("--cache=" + options.cache);
  if (options.some_failed) words.emplace_back("--some-failed");
  if (options.list.empty()) {
    words.emplace_back("--");
    words.insert(words.end(),
                 options.files.begin() + static_cast<std::ptrdiff_t>(first),
                 options.files.end());
  } else {
    words.push_back("--orders=" + options.list);
    words.push_back(fmt::format("--first={}", first));
  }
  std::vector<std::string> environment = worker_environment(options.threads);
  // It belongs to a thread: one that is not the first has to ask for it anew.
  ::prctl(PR_SET_PDEATHSIG, options.death_signal);
  if (options.death_signal != 0 && ::getppid() != options.parent) std::_Exit(1);
  ::execve("/proc/self/exe", pointers(words).data(), pointers(environment).data());
  std::perror("monodr-worker run: cannot start itself anew");
  std::_Exit(1);
}

/// A thread that writes the heartbeats of a cell and calls `at_limit` once it has run too long.
class Watch {
 public:
  Watch(const std::string& file, const Options& options, std::function<void()> at_limit)
      : file_(file),
        interval_(options.heartbeat),
        limit_(options.time_limit),
        at_limit_(std::move(at_limit)) {
    say_alive();  // before the cell begins: by this it is known which one a worker that died was at
    thread_ = std::thread([this] { watch(); });
  }
  ~Watch() { end(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void advance(double share) { share_ = share; }

  /// The cell is at its end: what it leaves counts from now on, and not its limit.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void watch() {
    const auto seconds = [](double s) {
      return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
    };
    const Clock::time_point start = Clock::now();
    Clock::time_point beat = start + seconds(interval_);
    const auto limit = limit_ > 0 ? std::optional(start + seconds(limit_)) : std::nullopt;
    std::unique_lock lock(mutex_);
    while (
        !changed_.wait_until(lock, limit ? std::min(*limit, beat) : beat, [&] { return ended_; })) {
      if (limit && Clock::now() >= *limit) at_limit_();  // with the lock: end() waits for it
      if (Clock::now() < beat) continue;
      beat = Clock::now() + seconds(interval_);
      lock.unlock();
      say_alive();
      lock.lock();
    }
  }

  void say_alive() const {
    try {
      write_heartbeat(file_, {std::time(nullptr), share_, host_name()});
    } catch (const UserError&) {
      // A full disk will be told by the result.
    }
  }

  std::string file_;
  double interval_, limit_;
  std::function<void()> at_limit_;
  std::atomic<double> share_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the others
};

/// The orders of one process, from the first to the last.
class Job {
 public:
  Job(Options options, const CarryOut& carry_out)
      : options_(std::move(options)), carry_out_(carry_out) {}

  int run() {
    for (at_ = options_.first; at_ < options_.files.size(); ++at_)
      if (!run_one(options_.files[at_])) options_.some_failed = true;
    return options_.some_failed ? 1 : 0;
  }

 private:
  bool run_one(const std::string& file) {
    CellOrder order;
    try {
      if (is_settled(file)) return true;
      order = cell_order_from_json(options_.list.empty() ? read_file(file) : options_.texts[at_]);
      if (!options_.cache.empty()) order.cache = options_.cache;
    } catch (const std::exception& error) {
      std::cerr << fmt::format("cannot read the order '{}': {}\n", file, error.what())
                << std::flush;
      return false;
    }
    PrintsToLog log(options_.logs, order.record.id);
    Watch watch(file, options_, [&] { stop_at_limit(order, log); });
    const CellResult result = carry_out_(order, [&](double share) { watch.advance(share); });
    watch.end();
    log.end();
    return leave(order, result) && result.state == "done";
  }

  /// False where the result cannot be written.
  bool leave(const CellOrder& order, CellResult result) const {
    if (result.state == "failed" && !options_.logs.empty())
      result.message = failure_message(
          result.message, last_log_lines(options_.logs, order.record.id), options_.memory_limit_mb);
    try {
      write_file_atomically(order.output, to_json(result));
    } catch (const UserError& error) {
      std::cerr << error.what() << std::endl;
      return false;
    }
    std::cout << fmt::format("{} {} {}\n",
                             order.record.id.substr(0, 12),
                             result.state,
                             duration_text(result.seconds))
              << std::flush;
    return true;
  }

  // The cell hangs in a thread that cannot be ended, so the process is replaced as a whole.
  [[noreturn]] void stop_at_limit(const CellOrder& order, PrintsToLog& log) {
    log.end();
    CellResult result;
    result.cell = order.record.id;
    result.state = "failed";
    result.message =
        fmt::format("stopped after the time limit of {}", duration_text(options_.time_limit));
    result.seconds = options_.time_limit;
    leave(order, result);
    options_.some_failed = true;
    if (at_ + 1 == options_.files.size()) std::_Exit(1);
    start_anew(options_, at_ + 1);
  }

  Options options_;
  const CarryOut& carry_out_;
  size_t at_ = 0;
};

}  // namespace

int run_files(const std::vector<std::string>& arguments, const CarryOut& carry_out) {
  Options options;
  if (!read_options(arguments, options)) return 0;
  ::prctl(PR_GET_PDEATHSIG, &options.death_signal);
  options.parent = ::getppid();
  if (!has_worker_environment(options.threads)) start_anew(options, options.first);
  limit_memory(options.memory_limit_mb);
  return Job(std::move(options), carry_out).run();
}

}  // namespace monodr
