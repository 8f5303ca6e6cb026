// SPDX-License-Identifier: Apache-2.0
#include "results/trend.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "results/axis_value.h"
#include "results/contrast.h"

namespace monodr {
namespace {

constexpr size_t fewest_points = 3;

std::set<std::string> axes_of(const Table& table) {
  std::set<std::string> keys;
  for (const TableRow& row : table.rows)
    for (const auto& [key, value] : row.axes) keys.insert(key);
  return keys;
}

/// The values of the axis in their order. Throws UserError where they have none.
std::vector<double> values_of_axis(const Table& table) {
  const std::set<std::string> keys = axes_of(table);
  const std::string& axis = table.trend_axis;
  if (keys.count(axis) == 0)
    throw UserError(fmt::format("--trend '{}' is no axis of '{}'{}; there: {}",
                                axis,
                                table.experiment,
                                did_you_mean(axis, {keys.begin(), keys.end()}),
                                keys.empty() ? "none" : join({keys.begin(), keys.end()}, ", ")));
  std::set<double> values;
  for (const TableRow& row : table.rows) {
    const auto found = row.axes.find(axis);
    if (found == row.axes.end()) continue;
    const auto value = number_in(found->second);
    if (!value)
      throw UserError(
          fmt::format("--trend '{}': its value {} is no number and has no order; compare with "
                      "--baseline \"{} = {}\"",
                      axis,
                      found->second,
                      axis,
                      found->second));
    values.insert(*value);
  }
  if (values.size() < fewest_points)
    throw UserError(fmt::format(
        "--trend '{}': {} values make no trend; compare them with --baseline \"{} = ...\"",
        axis,
        values.size(),
        axis));
  return {values.begin(), values.end()};
}

/// Arm and point without the axis.
std::string group_of(const TableRow& row, const std::string& axis) {
  std::string title = row.arm;
  for (const auto& [key, value] : row.axes)
    if (key != axis) title += ", " + key + " = " + value;
  return title;
}

/// Of least squares over 0, 1, ...: (i - mean) / sum (i - mean)^2.
std::vector<double> slope_weights(size_t points) {
  const double centre = (static_cast<double>(points) - 1) / 2;
  double squares = 0;
  std::vector<double> weights;
  for (size_t i = 0; i < points; ++i) {
    weights.push_back(static_cast<double>(i) - centre);
    squares += weights.back() * weights.back();
  }
  for (double& weight : weights) weight /= squares;
  return weights;
}

/// The rows of a group that have a number in the column; empty if some value of the axis is missing.
std::vector<const TableRow*> rows_with_value(const std::vector<TableRow*>& group, size_t column) {
  std::vector<const TableRow*> rows;
  for (const TableRow* row : group)
    if (row == nullptr || row->entries[column].shown.empty())
      return {};
    else
      rows.push_back(row);
  return rows;
}

}  // namespace

void add_trends(const Database& database, Table& table) {
  const std::vector<double> values = values_of_axis(table);
  std::vector<std::string> titles;
  std::map<std::string, std::vector<TableRow*>> groups;  ///< a row for each value
  for (TableRow& row : table.rows) {
    const auto found = row.axes.find(table.trend_axis);
    if (found == row.axes.end()) continue;
    const std::string title = group_of(row, table.trend_axis);
    if (groups.count(title) == 0) titles.push_back(title);
    auto& group = groups.try_emplace(title, values.size(), nullptr).first->second;
    group[std::ranges::find(values, *number_in(found->second)) - values.begin()] = &row;
  }
  const std::vector<double> weights = slope_weights(values.size());
  std::vector<Comparison*> made;
  for (const std::string& title : titles) {
    const std::vector<TableRow*>& group = groups.at(title);
    for (size_t c = 0; c < table.columns.size(); ++c) {
      const auto rows = rows_with_value(group, c);
      if (rows.empty()) continue;
      group.front()->trend_title = title;
      auto& trend = group.front()->entries[c].trend;
      trend = row_contrast(database, rows, weights, c, table.columns[c]);
      made.push_back(&*trend);
    }
  }
  correct_by_holm(made);
}

}  // namespace monodr
