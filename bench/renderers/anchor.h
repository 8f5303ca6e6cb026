// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr::bench {

/// What the anchor program (bench_scenarios/softref.cpp) measures of itself: median milliseconds.
struct AnchorTimes {
  double forward = 0, forward_backward = 0;
};

/// True where the program was built and its inputs are there.
bool anchor_available();

/// Runs it. `level` 3 or 4; only the batches 1 and 8 exist. Throws UserError if it fails.
AnchorTimes run_anchor(int level, int batch, int size, const std::string& sigma, int threads);

}  // namespace monodr::bench
