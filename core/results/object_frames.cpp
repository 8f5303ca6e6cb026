// SPDX-License-Identifier: Apache-2.0
#include "results/object_frames.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "results/columns.h"
#include "results/frame_resampling.h"

namespace monodr {
namespace {

/// An object's number, the number of its frame, and whose it is.
struct Contribution {
  double value;
  size_t frame, side;
};

/// A cell of each side laid out for thousands of draws: in the order of the values, so that a median is
/// found by counting.
class Contributions {
 public:
  Contributions(const MetricDefinition& metric, const CellOfEachSide& sides)
      : is_median_(metric.statistic == Statistic::median ||
                   metric.statistic == Statistic::median_magnitude),
        sides_(sides.size()) {
    for (size_t side = 0; side < sides.size(); ++side) add(*sides[side], side);
    std::ranges::stable_sort(sorted_, {}, &Contribution::value);
  }

  /// Of one side, each frame taken `drawn` times, from the side whose `place[frame * sides + own]` is
  /// this one. NaN where nothing is left.
  double statistic(size_t side,
                   const std::vector<int>& drawn,
                   const std::vector<size_t>& place) const {
    const auto times = [&](const Contribution& one) {
      return place[one.frame * sides_ + one.side] == side ? drawn[one.frame] : 0;
    };
    std::int64_t count = 0;
    double sum = 0;
    for (const Contribution& one : sorted_) {
      count += times(one);
      sum += times(one) * one.value;
    }
    if (count == 0) return std::numeric_limits<double>::quiet_NaN();
    if (!is_median_) return sum / static_cast<double>(count);
    const std::int64_t lower = (count - 1) / 2, upper = count / 2;
    std::int64_t passed = 0;
    double first = 0;
    for (const Contribution& one : sorted_) {
      const std::int64_t before = passed;
      passed += times(one);
      if (before <= lower && lower < passed) first = one.value;
      if (before <= upper && upper < passed) return (first + one.value) / 2;
    }
    return first;
  }

 private:
  void add(const ObjectFrames& frames, size_t side) {
    size_t number = 0;
    for (const auto& [frame, values] : frames) {
      for (const double value : values)
        if (!std::isnan(value)) sorted_.push_back({value, number, side});
      ++number;
    }
  }

  bool is_median_;
  size_t sides_;
  std::vector<Contribution> sorted_;
};

bool same_labels(const ObjectFrames& a, const ObjectFrames& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.size() == other.second.size();
  });
}

}  // namespace

std::map<std::int64_t, ObjectFrames> object_frames(const Database& database,
                                                   std::int64_t variant,
                                                   const MetricDefinition& metric,
                                                   const std::string& difficulty,
                                                   std::int64_t only) {
  // A label counts at its own difficulty and at all harder ones.
  SQLite::Statement rows(
      database.connection(),
      fmt::format("SELECT seed, frame, matched, {} FROM cell JOIN object ON object.cell = cell.id "
                  "WHERE state = 'done' AND is_current AND variant = ?1 AND ?3 IN (0, cell.id) AND "
                  "(?2 = '' OR instr('easy moderate hard', difficulty) <= "
                  "instr('easy moderate hard', ?2))",
                  metric.column));
  rows.bind(1, variant);
  rows.bind(2, difficulty);
  rows.bind(3, only);
  std::map<std::int64_t, ObjectFrames> values;
  while (rows.executeStep()) {
    ObjectMeasurements object;
    if (metric.column != "matched")
      object.*object_column(metric.column).member = number(rows.getColumn(3));
    values[rows.getColumn(0)][rows.getColumn(1).getString()].push_back(
        object_value(metric, rows.getColumn(2).getInt() != 0, object));
  }
  return values;
}

Interval object_interval(const MetricDefinition& metric, const ObjectFrames& frames) {
  const Contributions all(metric, {&frames});
  const std::vector<size_t> own = own_places(frames.size(), 1);
  return frame_interval(
      frames.size(),
      [&](const std::vector<int>& drawn) { return all.statistic(0, drawn, own); },
      bootstrap_resamples);
}

std::optional<PairedDifference> object_contrast(const MetricDefinition& metric,
                                                const std::vector<CellOfEachSide>& seeds,
                                                const std::vector<double>& weights) {
  std::vector<Contributions> contributions;
  for (const CellOfEachSide& sides : seeds) {
    for (const ObjectFrames* side : sides)
      if (!same_labels(*side, *seeds.front().front())) return std::nullopt;
    contributions.emplace_back(metric, sides);
  }
  if (seeds.empty()) return std::nullopt;
  const auto contrast = [&](const std::vector<int>& drawn, const std::vector<size_t>& place) {
    double sum = 0;
    for (const Contributions& seed : contributions)
      for (size_t side = 0; side < weights.size(); ++side)
        sum += weights[side] * seed.statistic(side, drawn, place);
    return sum / static_cast<double>(contributions.size());
  };
  const PairedDifference result = frame_contrast(seeds.front().front()->size(),
                                                 weights.size(),
                                                 contrast,
                                                 bootstrap_resamples,
                                                 permutation_samples);
  if (std::isnan(result.difference)) return std::nullopt;
  return result;
}

}  // namespace monodr
