// SPDX-License-Identifier: Apache-2.0
#include "evaluation/errors.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluation/frames.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

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
      }
      outcomes.push_back(outcome);
    }
  }
  return outcomes;
}

double summarise(const MetricDefinition& metric,
                 const std::vector<LabelOutcome>& outcomes,
                 Difficulty difficulty) {
  std::vector<double> values;
  for (const LabelOutcome& outcome : outcomes)
    if (outcome.difficulty <= difficulty)
      values.push_back(object_value(metric, outcome.matched(), outcome));
  return summary(metric, values);
}

}  // namespace monodr
