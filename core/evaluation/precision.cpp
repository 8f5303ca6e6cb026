// SPDX-License-Identifier: Apache-2.0
#include "evaluation/precision.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/error.h"

namespace monodr {
namespace {

/// The kit's "no detection yet": a score has to be higher to count.
constexpr double lowest_score = -10000000;

/// Calls `take(label, first, last)` for each label's run of pairs.
template <typename Take>
void for_each_label(const std::vector<FrameCandidates::Pair>& pairs, Take take) {
  for (size_t first = 0, last = 0; first < pairs.size(); first = last) {
    while (last < pairs.size() && pairs[last].label == pairs[first].label) ++last;
    take(pairs[first].label, first, last);
  }
}

/// One way of looking at the candidates: all that stays the same for a curve.
struct View {
  OverlapKind kind;
  Difficulty difficulty;
  double minimum_overlap;

  bool label_counts(const FrameCandidates::Label& label) const {
    return label.counts[static_cast<size_t>(difficulty)];
  }
  bool in_dont_care(const FrameCandidates::Detection& detection) const {
    return detection.dont_care_share[static_cast<size_t>(kind)] > minimum_overlap;
  }
};

/// Room for one frame's work, kept from frame to frame.
struct Scratch {
  std::vector<char> taken;      ///< by detection: a label has it
  std::vector<int> first_step;  ///< by detection: the first threshold that it passes
  std::vector<int> entries;     ///< the thresholds at which a candidate enters
};

/// Scores of the true positives when each label takes the candidate of highest score.
void collect_scores(const FrameCandidates& frame,
                    const View& view,
                    Scratch& scratch,
                    std::vector<double>& scores) {
  const auto& pairs = frame.pairs_of(view.kind);
  std::vector<char>& taken = scratch.taken;
  taken.assign(frame.detections.size(), 0);
  for_each_label(pairs, [&](int label, size_t first, size_t last) {
    int best = -1;
    double best_score = lowest_score;
    for (size_t i = first; i < last; ++i) {
      const auto& detection = frame.detections[pairs[i].detection];
      const bool eligible = detection.same_category || detection.is_small(view.difficulty);
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
Tally match_at(const FrameCandidates& frame, const View& view, int step, Scratch& scratch) {
  const auto& pairs = frame.pairs_of(view.kind);
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
    if (view.kind == OverlapKind::image)
      tally.similarity += (1 + std::cos(frame.labels[label].alpha - detection.alpha)) / 2;
  });
  return tally;
}

/// Adds one frame to `change`, which holds at each threshold what it adds to the one before. The
/// matching of a frame changes only at the few thresholds where one of its own detections enters.
/// Small detections are left out: they absorb labels but decide no true or false positive here,
/// because a label prefers any other detection to them.
void add_frame(const FrameCandidates& frame,
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
  for (const auto& pair : frame.pairs_of(view.kind))
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

}  // namespace

std::vector<double> recall_thresholds(std::vector<double> scores, int label_count) {
  std::sort(scores.begin(), scores.end(), std::greater<double>());
  std::vector<double> thresholds;
  double wanted = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const bool last = i + 1 == scores.size();
    const double recall = static_cast<double>(i + 1) / label_count;
    const double next_recall = static_cast<double>(i + 2) / label_count;
    if (!last && next_recall - wanted < wanted - recall) continue;
    thresholds.push_back(scores[i]);
    wanted += 1.0 / (recall_samples - 1);
  }
  return thresholds;
}

PrecisionCurve precision_curve(const std::vector<FrameCandidates>& frames,
                               OverlapKind kind,
                               Difficulty difficulty,
                               double minimum_overlap) {
  const View view{kind, difficulty, minimum_overlap};
  PrecisionCurve curve;
  Scratch scratch;
  std::vector<double> scores;
  for (const FrameCandidates& frame : frames) {
    for (const auto& label : frame.labels) curve.labels += view.label_counts(label) ? 1 : 0;
    if (!frame.pairs_of(kind).empty()) collect_scores(frame, view, scratch, scores);
  }
  const std::vector<double> thresholds = recall_thresholds(std::move(scores), curve.labels);
  MONODR_CHECK(thresholds.size() <= recall_samples, "{} recall thresholds", thresholds.size());
  std::vector<Tally> change(thresholds.size());
  for (const FrameCandidates& frame : frames)
    if (!frame.detections.empty()) add_frame(frame, view, thresholds, scratch, change);

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
  for (int i = recall_samples - 2; i >= 0; --i) {
    curve.precision[i] = std::max(curve.precision[i], curve.precision[i + 1]);
    curve.similarity[i] = std::max(curve.similarity[i], curve.similarity[i + 1]);
  }
  return curve;
}

double average_precision(const std::array<double, recall_samples>& samples, int recall_positions) {
  MONODR_CHECK(recall_positions == 11 || recall_positions == 40,
               "AP{} is not one of KITTI's",
               recall_positions);
  const int step = recall_positions == 11 ? 4 : 1;
  double sum = 0;
  for (int i = recall_positions == 11 ? 0 : 1; i < recall_samples; i += step) sum += samples[i];
  return 100 * sum / recall_positions;
}

}  // namespace monodr
