// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "metrics/object_measurements.h"

namespace monodr {

/// The metrics, each defined once. What measures a cell, compares arms over frames, prints
/// tables, draws figures and writes docs/metrics.md reads these definitions; the database holds a
/// copy for its views (table metric_definition).
///
/// To add a metric of single objects takes an entry in metric_definitions.cpp. One that is not
/// made of single objects takes an entry, and the line that measures it.

enum class Better { lower, higher, neither };
std::string to_string(Better better);

/// How the numbers of the labelled objects become the metric's one number. Successes are shares of
/// ALL labels, a miss being a failure, so that leaving out hard objects never flatters. All else is
/// taken over the matched labels: a miss has no heading to be wrong by. NaN where there are none.
enum class Statistic {
  none,  ///< not made of single objects: AP, times, what the run of a cell counted
  count,
  mean,
  median,
  median_magnitude,  ///< median of the absolute values
  share_of_labels,
  share_of_matched
};

/// The values of a column that a share counts, both ends included.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  bool contains(double value) const { return low <= value && value <= high; }  // false for NaN
};
Range below(double value);
Range above(double value);
Range at_least(double value);

struct MetricDefinition {
  std::string name;  ///< "heading_error_median"
  std::string unit;  ///< as measured and kept: "deg", "m", "s", "%", "objects", "1" (a share), ...
  Better better = Better::higher;
  double factor = 1;    ///< what tables multiply it by: 100 for shares
  int decimals = 2;     ///< in tables
  std::string title;    ///< heading of its column, without the unit
  std::string meaning;  ///< one line
  Statistic statistic = Statistic::none;
  std::string column = {};  ///< of table `object`, in degrees where that holds radians; "matched"
  Range counted = {};       ///< of shares
  std::string short_name =
      {};  ///< another name in paths, and KITTI's of an average precision: "bev"

  bool is_of_objects() const {
    return statistic != Statistic::none && statistic != Statistic::count;
  }
  /// In tables: "%" where a share is shown in percent.
  std::string shown_unit() const { return factor == 100 && unit == "1" ? "%" : unit; }
};

/// Whether this is a unit of time or memory: what a machine says of a run, which the next run of the same cell need not repeat.
bool is_cost_of_a_run(const std::string& unit);

/// In the order in which they are measured and listed.
const std::vector<MetricDefinition>& metric_definitions();

/// nullptr for a name that is no metric's.
const MetricDefinition* find_metric(const std::string& name);
/// The metric whose name or short name this is; nullptr for none.
const MetricDefinition* find_metric_by_any_name(const std::string& name);
/// CheckFailure for a name that is no metric's.
const MetricDefinition& metric_named(const std::string& name);

/// Adds a definition to the table for as long as it lives: for programs with metrics of their own,
/// and for the test that finds a new metric everywhere. Not for several threads.
class AddedMetric {
 public:
  explicit AddedMetric(MetricDefinition definition);
  ~AddedMetric();
  AddedMetric(const AddedMetric&) = delete;

 private:
  std::string name_;
};

/// What one object contributes: the column's value, or 1 or 0 for a share; NaN = it is left out.
double object_value(const MetricDefinition& definition,
                    bool matched,
                    const ObjectMeasurements& object);

/// The metric of objects that contribute `values` (NaN left out).
double summary(const MetricDefinition& definition, const std::vector<double>& values);

/// The AP [%] of perfect detections of so many labels. KITTI's protocol takes a sample of precision where
/// recall passes 0, 1/40, ..., 1, and n labels pass at most n of these 41: AP40 leaves out the first
/// and grants (min(n, 41) - 1) / 40, AP11 takes every fourth and grants (floor((min(n, 41) - 1) / 4) + 1) / 11.
/// So 19 labels bring 45 %, and it takes 41 to bring 100.
double average_precision_ceiling(int labels, int recall_positions);

/// docs/metrics.md: all metrics, then the columns of single objects.
std::string metrics_page();

}  // namespace monodr
