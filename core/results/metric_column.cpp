// SPDX-License-Identifier: Apache-2.0
#include "results/metric_column.h"

#include <algorithm>
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
        const MetricDefinition* metric = find_metric(c.metric);
        return metric == nullptr ? std::string() : metric->short_name;
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

std::vector<MetricColumn> narrowed(const std::vector<MetricColumn>& columns,
                                   const std::string& part) {
  std::vector<MetricColumn> fitting;
  for (const MetricColumn& column : columns)
    if (matches(column, part)) fitting.push_back(column);
  return fitting;
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

std::string recall_meaning(const MetricColumn& column) {
  return fmt::format(" at {} recall positions, minimum overlap {}, {}",
                     column.recall_positions,
                     column.iou,
                     column.difficulty);
}

std::vector<MetricColumn> print_columns(const std::string& category) {
  std::vector<MetricColumn> columns;
  for (const MetricColumn& column : default_columns(category))
    if (column.metric == "heading_error_median" || column.metric == "location_error_median" ||
        (column.metric == "ap_bev" && column.recall_positions == 40))
      columns.push_back(column);
  return columns;
}

void set_titles(std::vector<MetricColumn>& columns) {
  std::vector<std::string> titles;
  const auto differs = [&](size_t c, const Property& property) {
    for (size_t other = 0; other < columns.size(); ++other)
      if (columns[other].metric == columns[c].metric &&
          columns[other].recall_positions == columns[c].recall_positions &&
          property(columns[other]) != property(columns[c]))
        return true;
    return false;
  };
  for (size_t c = 0; c < columns.size(); ++c) {
    const MetricColumn& column = columns[c];
    const std::string unit = column.unit == "1" ? "%" : column.unit;
    const MetricDefinition* definition = find_metric(column.metric);
    std::vector<std::string> words = {definition == nullptr ? column.path() : definition->title};
    if (definition != nullptr) {
      const bool is_precision = column.recall_positions > 0;
      if (is_precision) words[0] += fmt::format("{}", column.recall_positions);
      const auto add = [&](const Property& property, const std::string& usual) {
        const std::string value = property(column);
        if (!value.empty() &&
            ((is_precision && !usual.empty() && value != usual) || differs(c, property)))
          words.push_back(value);
      };
      add([](const MetricColumn& m) { return overlap_text(m.iou); }, "0.5");
      add([](const MetricColumn& m) { return m.difficulty; }, "moderate");
      add([](const MetricColumn& m) { return m.category; }, "");
    }
    titles.push_back(join(words, " ") + (unit.empty() ? "" : fmt::format(" [{}]", unit)));
  }
  for (size_t c = 0; c < columns.size(); ++c) columns[c].title = titles[c];
}

std::vector<MetricColumn> default_columns(const std::string& category) {
  std::vector<MetricColumn> columns;
  const auto add = [&](const std::string& name, int recall_positions = 0) {
    const MetricDefinition& d = metric_named(name);
    MetricColumn column{d.name, category, "", 0, recall_positions, d.unit, {}, d.title, d.meaning};
    column.better = d.better;
    column.factor = d.factor;
    column.decimals = d.decimals;
    if (recall_positions > 0) {
      column.difficulty = "moderate";
      column.iou = 0.5;
      column.title += fmt::format("{}", recall_positions);
      column.meaning += recall_meaning(column);
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
    selected = narrowed(selected, part);
    if (selected.empty()) throw_unknown(path, part, known);
  }
  return selected;
}

std::vector<MetricColumn> fitting_columns(const std::string& path,
                                          const std::vector<MetricColumn>& known) {
  std::vector<MetricColumn> selected = known;
  for (const std::string& part : parts_of(path)) selected = narrowed(selected, part);
  return selected;
}

std::string wrong_metric_path(const std::string& path) {
  const std::vector<std::string> qualifiers = {"easy", "moderate", "hard", "AP11", "AP40"};
  std::vector<std::string> names;
  for (const MetricDefinition& d : metric_definitions()) names.push_back(d.name);
  bool is_named = false;
  std::vector<std::string> others;
  for (const std::string& part : parts_of(path)) {
    if (find_metric_by_any_name(part) != nullptr)
      is_named = true;
    else
      others.push_back(part);
  }
  if (!is_named) {
    std::string meant;
    for (const std::string& part : others)
      if (meant.empty()) meant = did_you_mean(part, names);
    return fmt::format(
        "'{}' names no metric{}", path, meant.empty() ? "; 'runexp metrics' lists them" : meant);
  }
  for (const std::string& part : others) {
    // What is no qualifier may be the name of a class.
    if (std::ranges::find(qualifiers, part) != qualifiers.end()) continue;
    if (const std::string meant = did_you_mean(part, qualifiers); !meant.empty())
      return fmt::format("'{}' of '{}' is no difficulty and no AP{}", part, path, meant);
  }
  return "";
}

}  // namespace monodr
