// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace monodr {

/// How the cores are shared among the workers of a sweep.
struct WorkerPool {
  int workers = 1;
  int threads = 1;  ///< of each worker
};

/// workers x threads is at most the number of cores, unless `jobs` and `threads` both ask for more;
/// never more workers than cells. 0 stands for "as fits": jobs = cores / threads, threads = cores /
/// workers, and one worker a core where both are 0.
WorkerPool plan_worker_pool(size_t cells, int jobs, int threads, int cores);

/// The number of cores this process may use.
int available_cores();

}  // namespace monodr
