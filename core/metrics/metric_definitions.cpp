// SPDX-License-Identifier: Apache-2.0
#include "metrics/metric_definitions.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// clang-format off
/// name, unit, better, factor, decimals, title, meaning; of single objects also statistic, column, range.
std::vector<MetricDefinition> made_definitions() {
  using enum Statistic;
  using enum Better;
  return {
      {"objects", "objects", neither, 1, 0, "labels", "labels that count", count, "matched"},
      {"recall", "1", higher, 100, 1, "recall", "labels that a detection was matched to", share_of_labels, "matched"},
      {"heading_error_median", "deg", lower, 1, 1, "heading", "median error of the heading (rotation_y, egocentric)", median, "heading_error"},
      {"heading_within_10", "1", higher, 100, 1, "< 10 deg", "labels with a heading error below 10 deg",
       share_of_labels, "heading_error", below(10)},
      {"heading_within_30", "1", higher, 100, 1, "< 30 deg", "labels with a heading error below 30 deg",
       share_of_labels, "heading_error", below(30)},
      {"heading_flipped", "1", lower, 100, 1, "flipped", "detections turned front to back",
       share_of_matched, "heading_error", above(150)},
      {"heading_quarter_turned", "1", lower, 100, 1, "quarter turned", "detections turned by 45 to 135 deg",
       share_of_matched, "heading_error", {45, 135}},
      {"location_error_median", "m", lower, 1, 2, "location", "median error of the location", median, "location_error"},
      {"radial_error_median", "m", lower, 1, 2, "depth", "median error along the camera's ray to the label",
       median_magnitude, "radial_error"},
      {"radial_bias_median", "m", neither, 1, 2, "depth bias",
       "median error along the camera's ray to the label with its sign, above 0 = too far", median, "radial_error"},
      {"lateral_error_median", "m", lower, 1, 2, "lateral", "median error across the camera's ray to the label",
       median, "lateral_error"},
      {"size_error_mean", "1", lower, 100, 1, "size", "mean relative error of height, width and length",
       mean, "size_error"},
      {"bev_overlap_50", "1", higher, 100, 1, "BEV >= 0.5", "labels with an overlap from above of at least 0.5",
       share_of_labels, "bev_overlap", at_least(0.5)},
      {"bev_overlap_70", "1", higher, 100, 1, "BEV >= 0.7", "labels with an overlap from above of at least 0.7",
       share_of_labels, "bev_overlap", at_least(0.7)},
      {"volume_overlap_50", "1", higher, 100, 1, "3-D >= 0.5", "labels with an overlap in 3-D of at least 0.5",
       share_of_labels, "volume_overlap", at_least(0.5)},
      {"volume_overlap_70", "1", higher, 100, 1, "3-D >= 0.7", "labels with an overlap in 3-D of at least 0.7",
       share_of_labels, "volume_overlap", at_least(0.7)},
      {"ap_2d", "%", higher, 1, 2, "2-D AP", "KITTI's average precision in the image",
       none, "", {}, "2d"},
      {"ap_aos", "%", higher, 1, 2, "AOS AP",
       "KITTI's average precision in the image, times the likeness of the observation angle",
       none, "", {}, "aos"},
      {"ap_bev", "%", higher, 1, 2, "BEV AP", "KITTI's average precision seen from above",
       none, "", {}, "bev"},
      {"ap_3d", "%", higher, 1, 2, "3-D AP", "KITTI's average precision in 3-D",
       none, "", {}, "3d"},
      {"shape_iou", "1", higher, 100, 1, "prior IoU",
       "volumetric IoU of held-out cars with what the prior makes of them; with evaluation.held_out_cars"},
      {"shape_chamfer_error", "%", lower, 1, 2, "prior chamfer",
       "symmetric chamfer distance of held-out cars to what the prior makes of them, in % of the length"},
      {"fitted_shape_iou", "1", higher, 100, 1, "shape IoU",
       "volumetric IoU of fitted and true shapes of made-up scenes in the canonical frame, mean over matched labels; "
       "with evaluation.fitted_shapes"},
      {"fitted_shape_chamfer_error", "%", lower, 1, 2, "shape chamfer",
       "symmetric chamfer distance of fitted to true shapes of made-up scenes, in % of the length"},
      {"seconds_per_object", "s", lower, 1, 2, "time", "core-seconds an object, of the method alone: no data, no pictures, no training"},
      {"peak_memory", "MB", lower, 1, 0, "memory",
       "largest memory of the process that ran the cell while it did so, libraries and data included"},
      {"renders_per_object", "renders", lower, 1, 2, "renders",
       "renderings of one hypothesis each, with or without a backward pass: what an object costs on any machine"},
      {"fitted_objects", "objects", neither, 1, 2, "fitted", "objects that have a pose"},
      {"doubtful_headings", "objects", lower, 1, 1, "doubtful",
       "objects whose reported heading has a probability below 0.8; v_heading_modes holds what else it may be"},
      {"doubted_headings", "1", lower, 100, 1, "doubted",
       "objects whose reported heading the network denies: less than 0.2 of what it says lies within 45 deg of it; of methods "
       "that ask one; v_heading_distributions has what it says"},
      {"failed_objects", "objects", lower, 1, 0, "failed",
       "objects without a pose: no hypothesis stayed finite, or the result was refused (fit.accept_*, suppress_overlap); "
       "v_provenance says why"},
      {"failed_hypotheses", "hypotheses", lower, 1, 2, "failed hypotheses",
       "hypotheses given up because not finite or diverged"},
      {"skipped_objects", "objects", lower, 1, 2, "skipped",
       "objects left out before the fit; v_provenance says why"},
      {"skipped_frames", "frames", lower, 1, 2, "skipped frames", "frames left out; v_provenance says why"}};
}
// clang-format on

std::vector<MetricDefinition>& all() {
  static std::vector<MetricDefinition> definitions = made_definitions();
  return definitions;
}

double column_value(const std::string& name, const ObjectMeasurements& object) {
  if (name == "matched") return 1;
  const ObjectColumn& column = object_column(name);
  const double value = object.*column.member;
  return column.is_angle() ? value * 180 / M_PI : value;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double median_of(std::vector<double> values) {
  const size_t half = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + half, values.end());
  if (values.size() % 2 == 1) return values[half];
  return (values[half] + *std::max_element(values.begin(), values.begin() + half)) / 2;
}

}  // namespace

std::string to_string(Better better) {
  return better == Better::lower ? "lower" : better == Better::higher ? "higher" : "neither";
}

Range below(double value) {
  return {-std::numeric_limits<double>::infinity(), std::nextafter(value, value - 1)};
}

Range above(double value) {
  return {std::nextafter(value, value + 1), std::numeric_limits<double>::infinity()};
}

Range at_least(double value) {
  return {value, std::numeric_limits<double>::infinity()};
}

const std::vector<MetricDefinition>& metric_definitions() {
  return all();
}

bool is_cost_of_a_run(const std::string& unit) {
  return unit == "s" || unit == "MB";
}

const MetricDefinition* find_metric(const std::string& name) {
  for (const MetricDefinition& definition : all())
    if (definition.name == name) return &definition;
  return nullptr;
}

const MetricDefinition* find_metric_by_any_name(const std::string& name) {
  if (const MetricDefinition* found = find_metric(name)) return found;
  for (const MetricDefinition& definition : all())
    if (!name.empty() && definition.short_name == name) return &definition;
  return nullptr;
}

const MetricDefinition& metric_named(const std::string& name) {
  const MetricDefinition* found = find_metric(name);
  MONODR_CHECK(found != nullptr, "metric '{}' is not defined", name);
  return *found;
}

AddedMetric::AddedMetric(MetricDefinition definition) : name_(definition.name) {
  MONODR_CHECK(find_metric(name_) == nullptr, "metric '{}' is defined twice", name_);
  all().push_back(std::move(definition));
}

AddedMetric::~AddedMetric() {
  std::erase_if(all(),
                [&](const MetricDefinition& definition) { return definition.name == name_; });
}

double object_value(const MetricDefinition& definition,
                    bool matched,
                    const ObjectMeasurements& object) {
  const bool counts_misses = definition.statistic == Statistic::share_of_labels ||
                             definition.statistic == Statistic::count;
  if (!matched) return counts_misses ? 0 : not_a_number;
  const double value = column_value(definition.column, object);
  switch (definition.statistic) {
    case Statistic::share_of_labels:
    case Statistic::share_of_matched:
      return definition.counted.contains(value) ? 1 : 0;
    case Statistic::median_magnitude:
      return std::abs(value);
    default:
      return value;
  }
}

double average_precision_ceiling(int labels, int recall_positions) {
  const int last = std::min(labels, 41) - 1;  // number of the last sample that is reached
  if (last < 0) return 0;
  return recall_positions == 11 ? 100.0 * (last / 4 + 1) / 11 : 100.0 * last / 40;
}

double summary(const MetricDefinition& definition, const std::vector<double>& values) {
  std::vector<double> numbers;
  for (const double value : values)
    if (!std::isnan(value)) numbers.push_back(value);
  if (definition.statistic == Statistic::count) return static_cast<double>(numbers.size());
  if (numbers.empty()) return not_a_number;
  const bool is_median = definition.statistic == Statistic::median ||
                         definition.statistic == Statistic::median_magnitude;
  return is_median ? median_of(std::move(numbers)) : mean_of(numbers);
}

}  // namespace monodr
