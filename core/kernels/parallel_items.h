// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace monodr {

/// Calls work(n) for n in [0, count), run by any number of threads at once. They take the next item
/// as they come free, because items differ in cost. After an exception no new call starts, and
/// rethrow() throws that of the lowest n.
template <class Work>
class ItemLoop {
 public:
  ItemLoop(std::int64_t count, const Work& work) : count_(count), failed_(count), work_(work) {}

  void run() {
    for (std::int64_t n = next_++; n < count_; n = next_++) {
      try {
        work_(n);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex_);
        next_ = count_;
        if (n >= failed_) continue;
        failed_ = n;
        failure_ = std::current_exception();
      }
    }
  }
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::int64_t count_, failed_;
  const Work& work_;
  std::atomic<std::int64_t> next_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

/// For rasterizers, which are called thousands of times a second: OpenMP's threads stay between calls,
/// with their scratch memory, and a process that also runs LibTorch or NumPy has one pool and not two
/// that wait for each other. The team is always `threads` large, because libgomp ends the threads
/// that a smaller one lacks.
template <class Work>
void for_each_item(std::int64_t count, int threads, const Work& work) {
  ItemLoop<Work> loop(count, work);
  if (threads < 2 || count < 2) {
    loop.run();
  } else {
#pragma omp parallel num_threads(threads)
    loop.run();
  }
  loop.rethrow();
}

/// For work that takes longer than to start threads (50 us each). OpenMP's would go on spinning for the
/// next call, which costs a program that evaluates and does nothing else more than the work.
template <class Work>
void for_each_item_on_new_threads(std::int64_t count, int threads, const Work& work) {
  ItemLoop<Work> loop(count, work);
  {
    std::vector<std::jthread> helpers;
    const std::int64_t wanted = std::min<std::int64_t>(count, threads);
    for (std::int64_t i = 1; i < wanted; ++i) helpers.emplace_back([&] { loop.run(); });
    loop.run();
  }
  loop.rethrow();
}

/// Into how many parts each item of a batch is best cut: one where there are items enough to keep
/// all threads busy to the end.
inline int parts_an_item(std::int64_t count, int threads) {
  return count >= 4 * threads || count % threads == 0 ? 1 : threads;
}

}  // namespace monodr
