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
  static_cast<ObjectMeasurements&>(object) = outcome;
  object.frame = outcome.frame;
  object.label = outcome.label;
  object.difficulty = to_string(outcome.difficulty);
  object.matched = outcome.matched();
  object.detection = outcome.detection;
  if (!object.matched) object.failure = "no detection overlaps the label's 2-D box";
  return object;
}

void add_pose_metrics(const std::vector<LabelOutcome>& outcomes,
                      const CategoryModel& category,
                      Difficulty difficulty,
                      std::vector<MetricValue>& metrics) {
  for (const MetricDefinition& definition : metric_definitions()) {
    if (definition.statistic == Statistic::none) continue;
    MetricValue metric = metric_value(definition.name, summarise(definition, outcomes, difficulty));
    metric.category = lower_case(category.name);
    metric.difficulty = to_string(difficulty);
    metrics.push_back(metric);
  }
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
  for (const ApRow& row : kitti_average_precision(labels, detections, options)) {
    const MetricDefinition* definition = find_metric_by_any_name(row.metric);
    MONODR_CHECK(definition != nullptr, "no metric is called '{}'", row.metric);
    MetricValue metric = metric_value(definition->name, row.value);
    metric.category = row.category;
    metric.difficulty = to_string(row.difficulty);
    metric.iou = row.iou;
    metric.recall_positions = row.recall_positions;
    metrics.push_back(metric);
  }
  return metrics;
}

}  // namespace monodr
