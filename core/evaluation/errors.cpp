// SPDX-License-Identifier: Apache-2.0
#include "evaluation/errors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "evaluation/frames.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// For each label the detection that took it, or -1.
std::vector<int> assign(const std::vector<Annotation>& labels,
                        const std::vector<Annotation>& detections,
                        const CategoryModel& category,
                        double minimum_iou) {
  std::vector<int> order(detections.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return detections[a].score > detections[b].score;
  });
  std::vector<int> taken_by(labels.size(), -1);
  for (int candidate : order) {
    const Annotation& detection = detections[candidate];
    if (!category.includes(detection.category) || !detection.has_box3d()) continue;
    int best = -1;
    double best_iou = 0;
    for (size_t i = 0; i < labels.size(); ++i) {
      if (taken_by[i] >= 0 || !category.includes(labels[i].category)) continue;
      const double iou = intersection_over_union(detection.box2d, labels[i].box2d);
      if (iou < minimum_iou || iou <= best_iou) continue;
      best = static_cast<int>(i);
      best_iou = iou;
    }
    if (best >= 0) taken_by[best] = candidate;
  }
  return taken_by;
}

double relative_error(double detected, double labelled) {
  return std::abs(detected - labelled) / labelled;
}

void measure(const Box3d& detected, const Box3d& labelled, LabelOutcome& outcome) {
  const Eigen::Vector3d offset = detected.location - labelled.location;
  const Eigen::Vector3d ray = labelled.location.normalized();
  outcome.heading_turn = wrap_angle(detected.rotation_y - labelled.rotation_y);
  outcome.heading_error = angle_difference(detected.rotation_y, labelled.rotation_y);
  outcome.location_error = offset.norm();
  outcome.radial_error = offset.dot(ray);
  outcome.lateral_error = (offset - outcome.radial_error * ray).norm();
  outcome.size_error = (relative_error(detected.height, labelled.height) +
                        relative_error(detected.width, labelled.width) +
                        relative_error(detected.length, labelled.length)) /
                       3;
  outcome.bev_overlap = bev_overlap(detected, labelled);
  outcome.volume_overlap = volume_overlap(detected, labelled);
}

double median(std::vector<double> values) {
  if (values.empty()) return not_a_number;
  const size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2 == 1) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

}  // namespace

std::vector<LabelOutcome> measure_pose_errors(const std::vector<FrameAnnotations>& labels,
                                              const std::vector<FrameAnnotations>& detections,
                                              const CategoryModel& category,
                                              double minimum_iou) {
  std::vector<LabelOutcome> outcomes;
  for (const FramePair& frame : pair_frames(labels, detections)) {
    const std::vector<int> taken_by =
        assign(*frame.labels, *frame.detections, category, minimum_iou);
    for (size_t i = 0; i < frame.labels->size(); ++i) {
      const Annotation& label = (*frame.labels)[i];
      const std::optional<Difficulty> difficulty = easiest_difficulty(label);
      if (!category.includes(label.category) || !difficulty) continue;
      LabelOutcome outcome;
      outcome.frame = frame.frame;
      outcome.label = static_cast<int>(i);
      outcome.difficulty = *difficulty;
      outcome.detection = taken_by[i];
      if (outcome.matched()) {
        const Annotation& detection = (*frame.detections)[taken_by[i]];
        outcome.score = detection.score;
        measure(detection.box3d, label.box3d, outcome);
      } else {
        outcome.heading_turn = outcome.heading_error = outcome.location_error =
            outcome.radial_error = outcome.lateral_error = outcome.size_error = outcome.score =
                not_a_number;
      }
      outcomes.push_back(outcome);
    }
  }
  return outcomes;
}

PoseSummary summarise(const std::vector<LabelOutcome>& outcomes, Difficulty difficulty) {
  std::vector<const LabelOutcome*> counted, matched;
  for (const LabelOutcome& outcome : outcomes) {
    if (outcome.difficulty > difficulty) continue;
    counted.push_back(&outcome);
    if (outcome.matched()) matched.push_back(&outcome);
  }
  const auto share = [](const std::vector<const LabelOutcome*>& of, auto test) {
    if (of.empty()) return not_a_number;
    const auto hits = std::count_if(of.begin(), of.end(), [&](auto* o) { return test(*o); });
    return static_cast<double>(hits) / static_cast<double>(of.size());
  };
  const auto median_of = [&](auto value) {
    std::vector<double> values;
    for (const LabelOutcome* outcome : matched) values.push_back(value(*outcome));
    return median(std::move(values));
  };
  const auto degrees = [](const LabelOutcome& o) { return o.heading_error * 180 / M_PI; };

  PoseSummary summary;
  summary.labels = static_cast<int>(counted.size());
  summary.matched = static_cast<int>(matched.size());
  summary.recall = share(counted, [](auto& o) { return o.matched(); });
  // A miss has a NaN heading, for which every comparison is false.
  summary.heading_within_10 = share(counted, [&](auto& o) { return degrees(o) < 10; });
  summary.heading_within_30 = share(counted, [&](auto& o) { return degrees(o) < 30; });
  summary.bev_overlap_05 = share(counted, [](auto& o) { return o.bev_overlap >= 0.5; });
  summary.bev_overlap_07 = share(counted, [](auto& o) { return o.bev_overlap >= 0.7; });
  summary.volume_overlap_05 = share(counted, [](auto& o) { return o.volume_overlap >= 0.5; });
  summary.volume_overlap_07 = share(counted, [](auto& o) { return o.volume_overlap >= 0.7; });
  summary.heading_flipped = share(matched, [&](auto& o) { return degrees(o) > 150; });
  summary.heading_quarter_turned =
      share(matched, [&](auto& o) { return degrees(o) >= 45 && degrees(o) <= 135; });
  summary.heading_error_median = median_of(degrees);
  summary.location_error_median = median_of([](auto& o) { return o.location_error; });
  summary.radial_error_median = median_of([](auto& o) { return std::abs(o.radial_error); });
  summary.radial_bias_median = median_of([](auto& o) { return o.radial_error; });
  summary.lateral_error_median = median_of([](auto& o) { return o.lateral_error; });
  summary.size_error_median = median_of([](auto& o) { return o.size_error; });
  return summary;
}

}  // namespace monodr
