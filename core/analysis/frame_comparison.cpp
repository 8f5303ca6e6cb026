// SPDX-License-Identifier: Apache-2.0
#include "analysis/frame_comparison.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "base/random.h"

namespace monodr {
namespace {

constexpr int kResamples = 1000, kPermutations = 2000;

/// One seed of both arms: the frames of the arm and behind them, in the same order, the baseline's.
ClassFrames frames_of_both(const LabelledCell& arm,
                           const LabelledCell& baseline,
                           const MetricColumn& metric) {
  std::vector<FramePair> both = pair_frames(arm.labels, arm.detections);
  std::ranges::copy(pair_frames(baseline.labels, baseline.detections), std::back_inserter(both));
  return prepared_for(arm.category, metric, both);
}

bool same_frames(const LabelledCell& a, const LabelledCell& b) {
  const auto name = [](const FrameAnnotations& frame) { return frame.frame; };
  return std::ranges::equal(a.labels, b.labels, {}, name, name);
}

/// AP over some frames, which may occur several times or be exchanged between the arms.
class Difference {
 public:
  Difference(std::vector<ClassFrames> seeds, size_t frames, const MetricColumn& metric)
      : seeds_(std::move(seeds)), frames_(frames), metric_(metric) {}

  size_t frames() const { return frames_; }

  /// Mean over seeds of AP(arm) - AP(baseline); `exchanged` by place in `chosen`.
  double of(const std::vector<size_t>& chosen, const std::vector<bool>& exchanged) const {
    std::vector<std::int64_t> one, other;
    for (size_t i = 0; i < chosen.size(); ++i) {
      const size_t arm = chosen[i], baseline = chosen[i] + frames_;
      one.push_back(static_cast<std::int64_t>(exchanged[i] ? baseline : arm));
      other.push_back(static_cast<std::int64_t>(exchanged[i] ? arm : baseline));
    }
    double sum = 0;
    for (const ClassFrames& seed : seeds_) sum += precision(seed, one) - precision(seed, other);
    return sum / static_cast<double>(seeds_.size());
  }

 private:
  double precision(const ClassFrames& seed, const std::vector<std::int64_t>& chosen) const {
    const PrecisionCurve curve =
        seed.curve(chosen, overlap_kind(metric_), difficulty_of(metric_), metric_.iou);
    return average_precision(curve.precision, metric_.recall_positions);
  }

  std::vector<ClassFrames> seeds_;
  size_t frames_;
  const MetricColumn& metric_;
};

PairedDifference resampled(const Difference& difference) {
  const size_t count = difference.frames();
  std::vector<size_t> all(count);
  for (size_t i = 0; i < count; ++i) all[i] = i;
  const std::vector<bool> nothing(count, false);
  PairedDifference result;
  result.n = static_cast<int>(count);
  result.difference = difference.of(all, nothing);

  Random random(0);
  std::vector<double> means;
  for (int resample = 0; resample < kResamples; ++resample) {
    std::vector<size_t> chosen(count);
    for (size_t& frame : chosen) frame = random.below(static_cast<int>(count));
    means.push_back(difference.of(chosen, nothing));
  }
  result.interval = expanded_percentile_interval(means, count);

  int as_extreme = 0;
  const double observed = std::abs(result.difference) - 1e-9;
  for (int permutation = 0; permutation < kPermutations; ++permutation) {
    std::vector<bool> exchanged(count);
    for (size_t i = 0; i < count; ++i) exchanged[i] = (random.bits() >> 40) & 1U;
    as_extreme += std::abs(difference.of(all, exchanged)) >= observed;
  }
  result.p = (as_extreme + 1.0) / (kPermutations + 1.0);
  return result;
}

}  // namespace

FrameComparison::FrameComparison(const Database& database,
                                 const std::string& experiment,
                                 const std::string& cache_folder) {
  for (LabelledCell& cell : labelled_cells(database, experiment, cache_folder, missing_)) {
    const std::int64_t variant = cell.cell.variant, seed = cell.cell.seed;
    cells_[variant].emplace(seed, std::move(cell));
  }
}

std::optional<PairedDifference> FrameComparison::operator()(std::int64_t variant,
                                                            std::int64_t baseline,
                                                            const MetricColumn& metric) const {
  const auto arm = cells_.find(variant), other = cells_.find(baseline);
  if (!has_precision_curve(metric) || arm == cells_.end() || other == cells_.end())
    return std::nullopt;
  // All seeds see the same frames; one that lacks some cannot be exchanged along with the others.
  std::vector<ClassFrames> seeds;
  size_t frames = 0;
  for (const auto& [seed, cell] : arm->second) {
    const auto found = other->second.find(seed);
    if (found == other->second.end() || !same_frames(cell, found->second)) continue;
    if (seeds.empty()) frames = cell.labels.size();
    if (cell.labels.size() == frames) seeds.push_back(frames_of_both(cell, found->second, metric));
  }
  if (seeds.empty() || frames < 2) return std::nullopt;
  return resampled(Difference(std::move(seeds), frames, metric));
}

}  // namespace monodr
