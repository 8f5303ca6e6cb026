// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>

namespace monodr {

/// Calls work(n) for n in [0, count) on `threads` threads, the caller's among them. They take the
/// next item as they come free, because items differ in cost. After an exception no new call
/// starts, and that of the lowest n is thrown.
///
/// OpenMP and not threads of our own: its threads stay between calls, with their scratch memory,
/// and a process that also runs LibTorch or NumPy has one pool and not two that wait for each other.
/// The team is always `threads` large, because libgomp ends the threads that a smaller one lacks.
template <class Work>
void for_each_item(std::int64_t count, int threads, const Work& work) {
  std::atomic<std::int64_t> next = 0;
  std::mutex mutex;
  std::int64_t failed = count;
  std::exception_ptr failure;
  const auto loop = [&] {
    for (std::int64_t n = next++; n < count; n = next++) {
      try {
        work(n);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        next = count;
        if (n < failed) {
          failed = n;
          failure = std::current_exception();
        }
      }
    }
  };
  if (threads < 2 || count < 2) {
    loop();
  } else {
#pragma omp parallel num_threads(threads)
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

/// Into how many parts each item of a batch is best cut: one where there are items enough to keep
/// all threads busy to the end.
inline int parts_an_item(std::int64_t count, int threads) {
  return count >= 4 * threads || count % threads == 0 ? 1 : threads;
}

}  // namespace monodr
