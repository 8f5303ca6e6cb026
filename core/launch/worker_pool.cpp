// SPDX-License-Identifier: Apache-2.0
#include "launch/worker_pool.h"

#include <sched.h>

#include <algorithm>

namespace monodr {

WorkerPool plan_worker_pool(size_t cells, int jobs, int threads, int cores) {
  WorkerPool pool;
  const int wanted = jobs > 0 ? jobs : std::max(1, cores / std::max(1, threads));
  pool.workers = static_cast<int>(std::clamp<size_t>(cells, 1, static_cast<size_t>(wanted)));
  pool.threads = threads > 0 ? threads : std::max(1, cores / pool.workers);
  return pool;
}

int available_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace monodr
