// SPDX-License-Identifier: Apache-2.0
#include "cell/metrics.h"

#include "base/error.h"
#include "base/text.h"
#include "evaluation/difficulty.h"
#include "evaluation/errors.h"
#include "evaluation/kitti_ap.h"

namespace monodr {
namespace {

ObjectResult object_result(const LabelOutcome& outcome) {
  ObjectResult object;
  object.frame = outcome.frame;
  object.label = outcome.label;
  object.difficulty = to_string(outcome.difficulty);
  object.matched = outcome.matched();
  object.heading_turn = outcome.heading_turn;
  object.heading_error = outcome.heading_error;
  object.location_error = outcome.location_error;
  object.size_error = outcome.size_error;
  object.bev_overlap = outcome.bev_overlap;
  object.volume_overlap = outcome.volume_overlap;
  object.score = outcome.score;
  if (!object.matched) object.failure = "no detection overlaps the label's 2-D box";
  return object;
}

/// Mean relative size error of the matched labels that count at the difficulty.
double mean_size_error(const std::vector<LabelOutcome>& outcomes, Difficulty difficulty) {
  double sum = 0;
  int count = 0;
  for (const LabelOutcome& outcome : outcomes) {
    if (!outcome.matched() || outcome.difficulty > difficulty) continue;
    sum += outcome.size_error;
    ++count;
  }
  return sum / count;  // 0 / 0 = not a number: nothing was matched
}

void add_pose_metrics(const std::vector<LabelOutcome>& outcomes,
                      const CategoryModel& category,
                      Difficulty difficulty,
                      std::vector<MetricValue>& metrics) {
  const PoseSummary s = summarise(outcomes, difficulty);
  const auto add = [&](const char* name, double value, const char* unit) {
    MetricValue metric;
    metric.name = name;
    metric.category = lower_case(category.name);
    metric.difficulty = to_string(difficulty);
    metric.value = value;
    metric.unit = unit;
    metrics.push_back(metric);
  };
  add("objects", s.labels, "1");
  add("recall", s.recall, "1");
  add("heading_error_median", s.heading_error_median, "deg");
  add("heading_within_10", s.heading_within_10, "1");
  add("heading_within_30", s.heading_within_30, "1");
  add("heading_flipped", s.heading_flipped, "1");
  add("heading_quarter_turned", s.heading_quarter_turned, "1");
  add("location_error_median", s.location_error_median, "m");
  add("radial_error_median", s.radial_error_median, "m");
  add("radial_bias_median", s.radial_bias_median, "m");
  add("lateral_error_median", s.lateral_error_median, "m");
  add("size_error_mean", mean_size_error(outcomes, difficulty), "1");
  add("bev_overlap_50", s.bev_overlap_05, "1");
  add("bev_overlap_70", s.bev_overlap_07, "1");
  add("volume_overlap_50", s.volume_overlap_05, "1");
  add("volume_overlap_70", s.volume_overlap_07, "1");
}

}  // namespace

std::vector<MetricValue> measure(const std::vector<FrameAnnotations>& labels,
                                 const std::vector<FrameAnnotations>& detections,
                                 const CategoryModel& category,
                                 Difficulty difficulty,
                                 std::vector<ObjectResult>& objects) {
  const std::vector<LabelOutcome> outcomes = measure_pose_errors(labels, detections, category);
  objects.clear();
  for (const LabelOutcome& outcome : outcomes) objects.push_back(object_result(outcome));

  std::vector<MetricValue> metrics;
  add_pose_metrics(outcomes, category, difficulty, metrics);
  KittiApOptions options;
  options.categories = {category};
  options.overlaps = {"strict", "loose"};
  for (const ApRow& row : kitti_average_precision(labels, detections, options))
    metrics.push_back({"ap_" + row.metric,
                       row.category,
                       std::string(to_string(row.difficulty)),
                       row.iou,
                       row.recall_positions,
                       row.value,
                       "%"});
  return metrics;
}

}  // namespace monodr
