// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "launch/launcher.h"

namespace monodr {

/// Those that run a sweep to its end; the others submit it (tests/runexp/slurm_test.cpp).
inline std::vector<LauncherEntry> launchers_that_stay() {
  std::vector<LauncherEntry> list;
  for (const LauncherEntry& entry : launchers())
    if (entry.make != nullptr) list.push_back(entry);
  return list;
}

}  // namespace monodr
