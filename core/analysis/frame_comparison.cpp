// SPDX-License-Identifier: Apache-2.0
#include "analysis/frame_comparison.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "results/frame_resampling.h"
#include "results/shared_seeds.h"

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

/// The numbers of the frames, each as often as it is drawn.
std::vector<std::int64_t> chosen(const std::vector<int>& drawn,
                                 const std::function<std::int64_t(size_t frame)>& number) {
  std::vector<std::int64_t> numbers;
  for (size_t frame = 0; frame < drawn.size(); ++frame)
    numbers.insert(numbers.end(), static_cast<size_t>(drawn[frame]), number(frame));
  return numbers;
}

double precision(const ClassFrames& frames,
                 const std::vector<std::int64_t>& numbers,
                 const MetricColumn& metric) {
  const PrecisionCurve curve =
      frames.curve(numbers, overlap_kind(metric), difficulty_of(metric), metric.iou);
  return average_precision(curve.precision, metric.recall_positions);
}

/// AP(arm) - AP(baseline) of one pair of cells, whose frames stand behind each other in `both`.
double difference_of(const ClassFrames& both,
                     const std::vector<int>& drawn,
                     const std::vector<size_t>& place,
                     const MetricColumn& metric) {
  const auto side = [&](size_t asked) {
    return precision(both,
                     chosen(drawn,
                            [&](size_t frame) {
                              const bool behind = place[2 * frame] != asked;
                              return static_cast<std::int64_t>(frame + (behind ? drawn.size() : 0));
                            }),
                     metric);
  };
  return side(0) - side(1);
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

const FrameComparison::BySeed* FrameComparison::cells_of(std::int64_t variant) const {
  const auto found = cells_.find(variant);
  return found == cells_.end() ? nullptr : &found->second;
}

std::optional<PairedDifference> FrameComparison::difference(std::int64_t variant,
                                                            std::int64_t baseline,
                                                            const MetricColumn& metric) const {
  const BySeed *arm = cells_of(variant), *other = cells_of(baseline);
  if (!has_precision_curve(metric) || arm == nullptr || other == nullptr) return std::nullopt;
  // All seeds see the same frames; one that lacks some cannot be exchanged along with the others.
  std::vector<ClassFrames> pairs;
  size_t frames = 0;
  for (const auto& sides : by_shared_seed<LabelledCell>({arm, other})) {
    const LabelledCell *ours = sides[0], *theirs = sides[1];
    if (!same_frames(*ours, *theirs)) continue;
    if (pairs.empty()) frames = ours->labels.size();
    if (ours->labels.size() == frames) pairs.push_back(frames_of_both(*ours, *theirs, metric));
  }
  if (pairs.empty() || frames < 2) return std::nullopt;
  const auto mean_difference = [&](const std::vector<int>& drawn,
                                   const std::vector<size_t>& place) {
    double sum = 0;
    for (const ClassFrames& both : pairs) sum += difference_of(both, drawn, place, metric);
    return sum / static_cast<double>(pairs.size());
  };
  return frame_contrast(frames, 2, mean_difference, kResamples, kPermutations);
}

std::optional<FrameInterval> FrameComparison::interval(std::int64_t variant,
                                                       const MetricColumn& metric) const {
  const BySeed* cells = cells_of(variant);
  if (!has_precision_curve(metric) || cells == nullptr) return std::nullopt;
  const LabelledCell& cell = cells->begin()->second;
  const ClassFrames frames =
      prepared_for(cell.category, metric, pair_frames(cell.labels, cell.detections));
  const auto statistic = [&](const std::vector<int>& drawn) {
    return precision(frames,
                     chosen(drawn, [](size_t frame) { return static_cast<std::int64_t>(frame); }),
                     metric);
  };
  return FrameInterval{frame_interval(cell.labels.size(), statistic, kResamples),
                       static_cast<int>(cell.labels.size())};
}

}  // namespace monodr
