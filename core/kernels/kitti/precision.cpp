// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <functional>

#include "kernels/failure.h"
#include "kernels/kitti/frame.h"

namespace monodr::kitti {
namespace {

constexpr int kSamples = MONODR_RECALL_SAMPLES;

/// The kit's "no detection yet": a score has to be higher to count.
constexpr double lowest_score = -10000000;

/// Calls `take(label, first, last)` for each label's run of pairs.
template <typename Take>
void for_each_label(const std::vector<Frame::Pair>& pairs, Take take) {
  for (size_t first = 0, last = 0; first < pairs.size(); first = last) {
    while (last < pairs.size() && pairs[last].label == pairs[first].label) ++last;
    take(pairs[first].label, first, last);
  }
}

/// One way of looking at the candidates: all that stays the same for a curve.
struct View {
  int kind, difficulty;
  double minimum_overlap;

  bool label_counts(const Frame::Label& label) const { return label.counts[difficulty]; }
  bool in_dont_care(const Frame::Detection& detection) const {
    return detection.dont_care_share[kind] > minimum_overlap;
  }
};

/// Room for one frame's work, kept from frame to frame.
struct Scratch {
  std::vector<char> taken;      ///< by detection: a label has it
  std::vector<int> first_step;  ///< by detection: the first threshold that it passes
  std::vector<int> entries;     ///< the thresholds at which a candidate enters
};

/// Scores of the true positives when each label takes the candidate of highest score.
void collect_scores(const Frame& frame,
                    const View& view,
                    Scratch& scratch,
                    std::vector<double>& scores) {
  const auto& pairs = frame.pairs[view.kind];
  std::vector<char>& taken = scratch.taken;
  taken.assign(frame.detections.size(), 0);
  for_each_label(pairs, [&](int label, size_t first, size_t last) {
    int best = -1;
    double best_score = lowest_score;
    for (size_t i = first; i < last; ++i) {
      const auto& detection = frame.detections[pairs[i].detection];
      const bool eligible = detection.of_class || detection.is_small(view.difficulty);
      if (!eligible || taken[pairs[i].detection] || pairs[i].overlap <= view.minimum_overlap ||
          detection.score <= best_score)
        continue;
      best = pairs[i].detection;
      best_score = detection.score;
    }
    if (best < 0) return;
    taken[best] = 1;
    if (view.label_counts(frame.labels[label]) && frame.detections[best].counts(view.difficulty))
      scores.push_back(best_score);
  });
}

struct Tally {
  int true_positives = 0;
  int false_positives = 0;
  double similarity = 0;
};

/// True positives, and how many detections the labels take out of the false positives, when each
/// label takes the detection of largest overlap among those that pass threshold number `step`.
Tally match_at(const Frame& frame, const View& view, int step, Scratch& scratch) {
  const auto& pairs = frame.pairs[view.kind];
  std::vector<char>& taken = scratch.taken;
  taken.assign(frame.detections.size(), 0);
  Tally tally;
  for_each_label(pairs, [&](int label, size_t first, size_t last) {
    int best = -1;
    double best_overlap = view.minimum_overlap;
    for (size_t i = first; i < last; ++i) {
      const int candidate = pairs[i].detection;
      if (taken[candidate] || scratch.first_step[candidate] > step ||
          pairs[i].overlap <= best_overlap)
        continue;
      best = candidate;
      best_overlap = pairs[i].overlap;
    }
    if (best < 0) return;
    const auto& detection = frame.detections[best];
    taken[best] = 1;
    if (!view.in_dont_care(detection)) --tally.false_positives;
    if (!view.label_counts(frame.labels[label])) return;
    ++tally.true_positives;
    if (view.kind == MONODR_IMAGE)
      tally.similarity += (1 + std::cos(frame.labels[label].alpha - detection.alpha)) / 2;
  });
  return tally;
}

/// Adds one frame to `change`, which holds at each threshold what it adds to the one before. The
/// matching of a frame changes only at the few thresholds where one of its own detections enters.
/// Small detections are left out: they absorb labels but decide no true or false positive here,
/// because a label prefers any other detection to them.
void add_frame(const Frame& frame,
               const View& view,
               const std::vector<double>& thresholds,
               Scratch& scratch,
               std::vector<Tally>& change) {
  const int steps = static_cast<int>(thresholds.size());
  std::vector<int>& first_step = scratch.first_step;
  first_step.assign(frame.detections.size(), steps);
  for (size_t i = 0; i < frame.detections.size(); ++i) {
    const auto& detection = frame.detections[i];
    if (!detection.counts(view.difficulty)) continue;
    const auto passed = std::lower_bound(
        thresholds.begin(), thresholds.end(), detection.score, std::greater<double>());
    first_step[i] = static_cast<int>(passed - thresholds.begin());
    if (first_step[i] < steps && !view.in_dont_care(detection))
      ++change[first_step[i]].false_positives;
  }
  std::vector<int>& entries = scratch.entries;
  entries.clear();
  for (const auto& pair : frame.pairs[view.kind])
    if (pair.overlap > view.minimum_overlap && first_step[pair.detection] < steps)
      entries.push_back(first_step[pair.detection]);
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  Tally before;
  for (int step : entries) {
    const Tally now = match_at(frame, view, step, scratch);
    change[step].true_positives += now.true_positives - before.true_positives;
    change[step].false_positives += now.false_positives - before.false_positives;
    change[step].similarity += now.similarity - before.similarity;
    before = now;
  }
}

std::vector<double> recall_thresholds(std::vector<double> scores, std::int64_t label_count) {
  std::sort(scores.begin(), scores.end(), std::greater<double>());
  std::vector<double> thresholds;
  double wanted = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const bool last = i + 1 == scores.size();
    const double recall = static_cast<double>(i + 1) / label_count;
    const double next_recall = static_cast<double>(i + 2) / label_count;
    if (!last && next_recall - wanted < wanted - recall) continue;
    thresholds.push_back(scores[i]);
    wanted += 1.0 / (kSamples - 1);
  }
  if (thresholds.size() > kSamples)
    fail(MONODR_INTERNAL, "%zu recall thresholds", thresholds.size());
  return thresholds;
}

/// Calls function(frame) for all frames of a curve.
template <class Function>
void for_each_frame(const monodr_kitti_curve& curve, const Function& function) {
  if (curve.chosen == nullptr)
    for (const Frame& frame : curve.frames->frames) function(frame);
  else
    for (std::int64_t i = 0; i < curve.chosen_count; ++i)
      function(curve.frames->frames[curve.chosen[i]]);
}

}  // namespace

void compute_curve(monodr_kitti_curve& curve) {
  const View view{curve.overlap, curve.difficulty, curve.minimum_overlap};
  std::fill_n(curve.precision, kSamples, 0.0);
  std::fill_n(curve.similarity, kSamples, 0.0);
  curve.labels = 0;
  Scratch scratch;
  std::vector<double> scores;
  for_each_frame(curve, [&](const Frame& frame) {
    for (const auto& label : frame.labels) curve.labels += view.label_counts(label) ? 1 : 0;
    if (!frame.pairs[view.kind].empty()) collect_scores(frame, view, scratch, scores);
  });
  const std::vector<double> thresholds = recall_thresholds(std::move(scores), curve.labels);
  std::vector<Tally> change(thresholds.size());
  for_each_frame(curve, [&](const Frame& frame) {
    if (!frame.detections.empty()) add_frame(frame, view, thresholds, scratch, change);
  });

  Tally tally;
  for (size_t i = 0; i < change.size(); ++i) {
    tally.true_positives += change[i].true_positives;
    tally.false_positives += change[i].false_positives;
    tally.similarity += change[i].similarity;
    const int positives = tally.true_positives + tally.false_positives;
    if (positives == 0) continue;
    curve.precision[i] = static_cast<double>(tally.true_positives) / positives;
    curve.similarity[i] = tally.similarity / positives;
  }
  for (int i = kSamples - 2; i >= 0; --i) {
    curve.precision[i] = std::max(curve.precision[i], curve.precision[i + 1]);
    curve.similarity[i] = std::max(curve.similarity[i], curve.similarity[i + 1]);
  }
}

}  // namespace monodr::kitti

using namespace monodr;

int monodr_kitti_average_precision(const double samples[MONODR_RECALL_SAMPLES],
                                   int recall_positions,
                                   double* percent) {
  return guarded([&] {
    check_pointer(samples, "samples");
    check_pointer(percent, "percent");
    if (recall_positions != 11 && recall_positions != 40)
      fail(MONODR_BAD_VALUE, "AP%d is not one of KITTI's: AP11 and AP40 are", recall_positions);
    const int step = recall_positions == 11 ? 4 : 1;
    double sum = 0;
    for (int i = recall_positions == 11 ? 0 : 1; i < MONODR_RECALL_SAMPLES; i += step)
      sum += samples[i];
    *percent = 100 * sum / recall_positions;
  });
}

int monodr_kitti_recall_thresholds(const double* scores,
                                   std::int64_t count,
                                   std::int64_t label_count,
                                   double thresholds[MONODR_RECALL_SAMPLES],
                                   int* threshold_count) {
  return guarded([&] {
    check_size(label_count, std::int64_t(1) << 31, "label_count");
    check_size(count, label_count, "count");
    if (count > 0) check_pointer(scores, "scores");
    check_pointer(thresholds, "thresholds");
    check_pointer(threshold_count, "threshold_count");
    for (std::int64_t i = 0; i < count; ++i)
      if (std::isnan(scores[i])) fail(MONODR_NOT_FINITE, "a score is NaN");
    const std::vector<double> found =
        kitti::recall_thresholds(std::vector<double>(scores, scores + count), label_count);
    std::copy(found.begin(), found.end(), thresholds);
    *threshold_count = static_cast<int>(found.size());
  });
}
