// SPDX-License-Identifier: Apache-2.0
#include "results/metric_column.h"

#include <functional>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

using Property = std::function<std::string(const MetricColumn&)>;

std::string overlap_text(double iou) {
  return iou > 0 ? fmt::format("{}", iou) : "";
}

std::string recall_text(int recall_positions) {
  return recall_positions > 0 ? fmt::format("AP{}", recall_positions) : "";
}

/// What a part of a path is compared with, name first.
const std::vector<Property>& properties() {
  static const std::vector<Property> all = {
      [](const MetricColumn& c) { return c.metric; },
      [](const MetricColumn& c) {
        return c.metric.rfind("ap_", 0) == 0 ? c.metric.substr(3) : std::string();
      },
      [](const MetricColumn& c) { return c.category; },
      [](const MetricColumn& c) { return c.difficulty; },
      [](const MetricColumn& c) { return overlap_text(c.iou); },
      [](const MetricColumn& c) { return recall_text(c.recall_positions); }};
  return all;
}

bool matches(const MetricColumn& column, const std::string& part) {
  for (const Property& property : properties())
    if (property(column) == part) return true;
  return false;
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::istringstream stream(path);
  for (std::string part; std::getline(stream, part, '/');)
    if (!part.empty()) parts.push_back(part);
  return parts;
}

[[noreturn]] void throw_unknown(const std::string& path,
                                const std::string& part,
                                const std::vector<MetricColumn>& known) {
  std::set<std::string> values, names;
  for (const MetricColumn& column : known) {
    names.insert(column.metric);
    for (const Property& property : properties()) values.insert(property(column));
  }
  values.erase("");
  throw UserError(fmt::format("--metric '{}': '{}' fits no metric of this experiment{}; there: {}",
                              path,
                              part,
                              did_you_mean(part, {values.begin(), values.end()}),
                              names.empty() ? "none" : join({names.begin(), names.end()}, ", ")));
}

}  // namespace

std::string metric_path(const std::string& category,
                        const std::string& name,
                        const std::string& difficulty,
                        double iou,
                        int recall_positions) {
  std::vector<std::string> parts;
  for (const std::string& part :
       {category, name, difficulty, overlap_text(iou), recall_text(recall_positions)})
    if (!part.empty()) parts.push_back(part);
  return join(parts, "/");
}

std::string MetricColumn::path() const {
  return metric_path(category, metric, difficulty, iou, recall_positions);
}

std::vector<MetricColumn> default_columns(const std::string& category) {
  std::vector<MetricColumn> columns;
  const auto add = [&](const char* name, int recall_positions = 0) {
    const MetricDefinition& d = metric_named(name);
    MetricColumn column{d.name, category, "", 0, recall_positions, d.unit, {}, d.title, d.meaning};
    column.better = d.better;
    column.factor = d.factor;
    column.decimals = d.decimals;
    if (recall_positions > 0) {
      column.difficulty = "moderate";
      column.iou = 0.5;
      column.title += fmt::format("{}", recall_positions);
      column.meaning += fmt::format(" at {} recall positions, minimum overlap {}, {}",
                                    recall_positions,
                                    column.iou,
                                    column.difficulty);
    }
    column.title += fmt::format(" [{}]", d.shown_unit());
    columns.push_back(std::move(column));
  };
  for (const char* name : {"heading_error_median",
                           "heading_within_10",
                           "heading_within_30",
                           "heading_flipped",
                           "location_error_median",
                           "bev_overlap_50",
                           "volume_overlap_50"})
    add(name);
  add("ap_bev", 40);
  add("ap_3d", 40);
  add("ap_bev", 11);
  add("seconds_per_object");
  return columns;
}

std::vector<MetricColumn> select_columns(const std::string& path,
                                         const std::vector<MetricColumn>& known) {
  const std::vector<std::string> parts = parts_of(path);
  if (parts.empty())
    throw UserError("--metric is empty; for example --metric ap_bev/moderate/0.5/AP40");
  std::vector<MetricColumn> selected = known;
  for (const std::string& part : parts) {
    std::vector<MetricColumn> fitting;
    for (const MetricColumn& column : selected)
      if (matches(column, part)) fitting.push_back(column);
    if (fitting.empty()) throw_unknown(path, part, known);
    selected = fitting;
  }
  return selected;
}

}  // namespace monodr
