// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace monodr {

/// How cells are cut into the tasks of a job array.
struct BlockLimits {
  int cells_per_task = 0;   ///< 0 = by time
  std::size_t most = 1000;  ///< tasks that an array may have
  int at_once = 1;          ///< tasks that run at a time
  double longest = 0;       ///< s that a task should not exceed, 0 = none
};

/// Blocks of cells of about the same estimated time, the cells that take longest first, so that all places end at
/// about the same time: about four blocks for each task that runs at a time, each of at least a minute where times
/// are known, for to start a task costs seconds. `seconds[i]` is what cell i is expected to take, below 0 where that
/// is not known; those count as the mean of the others. Every cell is in one block; no block is empty. Throws
/// UserError where cells_per_task makes more blocks than an array may have.
std::vector<std::vector<std::size_t>> plan_blocks(const std::vector<double>& seconds,
                                                  const BlockLimits& limits);

}  // namespace monodr
