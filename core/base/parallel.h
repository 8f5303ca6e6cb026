// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace monodr {

/// Calls `work(i)` for i in [0, count) on `threads` threads, the caller's among them. The calls
/// must be independent; which thread takes which is not fixed, so that results are the same
/// whatever the number of threads as long as each call writes only what is its own. After an
/// exception no new call starts, and the exception of the lowest i is thrown.
template <typename Work>
void parallel_for(size_t count, int threads, const Work& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  size_t failed = count;
  std::exception_ptr failure;
  const auto loop = [&] {
    for (size_t i = next++; i < count; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        next = count;
        if (i < failed) {
          failed = i;
          failure = std::current_exception();
        }
      }
    }
  };
  {
    std::vector<std::jthread> helpers;
    const size_t wanted = threads > 1 ? static_cast<size_t>(threads) : 1;
    for (size_t i = 1; i < wanted && i < count; ++i) helpers.emplace_back(loop);
    loop();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace monodr
