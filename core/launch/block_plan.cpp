// SPDX-License-Identifier: Apache-2.0
#include "launch/block_plan.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double blocks_a_place = 4;
constexpr double shortest_block = 60;  // s

using Blocks = std::vector<std::vector<std::size_t>>;

/// Times with those that are not known filled in; all 0 where none is known.
std::vector<double> filled(const std::vector<double>& seconds) {
  double sum = 0;
  std::size_t known = 0;
  for (const double s : seconds)
    if (s >= 0) {
      sum += s;
      ++known;
    }
  std::vector<double> all = seconds;
  for (double& s : all)
    if (s < 0) s = known > 0 ? sum / static_cast<double>(known) : 0;
  return all;
}

Blocks of_equal_count(const std::vector<std::size_t>& order, std::size_t count) {
  Blocks blocks;
  for (std::size_t i = 0; i < order.size(); i += count)
    blocks.emplace_back(
        order.begin() + static_cast<std::ptrdiff_t>(i),
        order.begin() + static_cast<std::ptrdiff_t>(std::min(i + count, order.size())));
  return blocks;
}

Blocks of_equal_time(const std::vector<std::size_t>& order,
                     const std::vector<double>& times,
                     double target) {
  Blocks blocks;
  double in_block = 0;
  for (const std::size_t cell : order) {
    // The tolerance: sums of equal times are not exact.
    if (blocks.empty() || in_block + times[cell] > target * (1 + 1e-9)) {
      blocks.emplace_back();
      in_block = 0;
    }
    blocks.back().push_back(cell);
    in_block += times[cell];
  }
  return blocks;
}

}  // namespace

Blocks plan_blocks(const std::vector<double>& seconds, const BlockLimits& limits) {
  MONODR_CHECK(limits.most > 0 && limits.at_once > 0, "limits of an array");
  const std::size_t cells = seconds.size();
  const std::size_t fewest = (cells + limits.most - 1) / limits.most;  // cells of a block
  if (limits.cells_per_task > 0 && static_cast<std::size_t>(limits.cells_per_task) < fewest)
    throw UserError(fmt::format(
        "--cells-per-task {} makes {} tasks of {} cells, but an array of this cluster may have {} "
        "(MaxArraySize); give at least {}, or leave it out",
        limits.cells_per_task,
        (cells + static_cast<std::size_t>(limits.cells_per_task) - 1) /
            static_cast<std::size_t>(limits.cells_per_task),
        cells,
        limits.most,
        fewest));
  std::vector<std::size_t> order(cells);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const std::vector<double> times = filled(seconds);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return times[a] > times[b];
  });
  if (limits.cells_per_task > 0)
    return of_equal_count(order, static_cast<std::size_t>(limits.cells_per_task));

  const double total = std::accumulate(times.begin(), times.end(), 0.0);
  const double blocks_wanted = blocks_a_place * limits.at_once;
  if (total > 0) {
    double target = std::max(total / blocks_wanted, shortest_block);
    if (limits.longest > 0) target = std::min(target, limits.longest);
    Blocks blocks = of_equal_time(order, times, target);
    if (blocks.size() <= limits.most) return blocks;
  }
  const auto share = static_cast<std::size_t>(static_cast<double>(cells) / blocks_wanted);
  return of_equal_count(order, std::max({share, fewest, std::size_t{1}}));
}

}  // namespace monodr
