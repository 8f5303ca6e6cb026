// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "metrics/metric_definitions.h"

namespace monodr {
namespace {

/// "share of labels" where a miss counts as a failure.
std::string statistic_text(Statistic statistic) {
  switch (statistic) {
    case Statistic::none:
      return "";
    case Statistic::count:
      return "count";
    case Statistic::mean:
      return "mean";
    case Statistic::median:
      return "median";
    case Statistic::median_magnitude:
      return "median, absolute";
    case Statistic::share_of_labels:
      return "share of labels";
    case Statistic::share_of_matched:
      return "share of the matched";
  }
  return "";
}

std::string row_of(const MetricDefinition& d) {
  const std::string column = d.column.empty() ? "" : "`" + d.column + "`";
  return fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n",
                     d.name,
                     d.unit,
                     to_string(d.better),
                     d.title,
                     d.meaning,
                     statistic_text(d.statistic),
                     column);
}

}  // namespace

std::string metrics_page() {
  std::string text =
      "<!-- Generated from core/metrics/metric_definitions.cpp by `./runexp metrics --output "
      "docs/metrics.md`. -->\n"
      "# Metrics\n\n"
      "Every number of a cell, as `runexp table --metric NAME`, `runexp figure` and the view "
      "`v_metrics` know it.\n"
      "Unit `1` is a share, which tables print in percent. *Objects* says how the numbers of the "
      "labelled objects, a column of\n"
      "`v_objects`, become one: over the matched labels, but for a share of labels, where a miss "
      "counts as a failure, so that leaving\n"
      "out hard objects never flatters. Metrics with a column are compared over frames "
      "(`--baseline`), all others seed by seed.\n"
      "AP always comes with a minimum overlap and 11 or 40 recall positions; of n < 41 labels it "
      "is "
      "at most (n - 1) / 40 at 40 positions\n"
      "and (floor((n - 1) / 4) + 1) / 11 at 11, whatever was found.\n\n"
      "| name | unit | better | title | meaning | objects | column |\n"
      "|---|---|---|---|---|---|---|\n";
  for (const MetricDefinition& definition : metric_definitions()) text += row_of(definition);
  text +=
      "\n## Columns of single objects\n\n"
      "Detections choose labels in the order of their scores; each takes the label of its class, "
      "not "
      "yet taken, with the largest\n"
      "2-D IoU, if that is at least 0.5. Of a label that was missed, errors are `NULL` and "
      "overlaps "
      "0.\n\n"
      "| column | unit | meaning |\n|---|---|---|\n";
  for (const ObjectColumn& column : object_columns())
    text += fmt::format("| `{}` | {} | {} |\n", column.name, column.unit, column.meaning);
  return text;
}

}  // namespace monodr
