// SPDX-License-Identifier: Apache-2.0
#include "experiment/crew.h"

#include <sched.h>

#include <algorithm>

namespace monodr {

Crew make_crew(size_t cells, int jobs, int threads, int cores) {
  Crew crew;
  const int wanted = jobs > 0 ? jobs : std::max(1, cores / std::max(1, threads));
  crew.workers = static_cast<int>(std::clamp<size_t>(cells, 1, static_cast<size_t>(wanted)));
  crew.threads = threads > 0 ? threads : std::max(1, cores / crew.workers);
  return crew;
}

int available_cores() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

}  // namespace monodr
