// SPDX-License-Identifier: Apache-2.0
#include "report/experiment_figures.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// Values over steps by seed, of one row of the table.
struct SeriesOfRow {
  std::string label;
  std::map<int, std::vector<double>> values;  ///< step -> a value a seed
};

std::string row_label(const std::string& arm, const std::string& point) {
  return point.empty() ? arm : arm + ", " + point;
}

/// Variant -> place of its row in the experiment's table, from 0.
std::map<std::int64_t, size_t> places_of_rows(const Database& database,
                                              const std::string& experiment) {
  std::map<std::int64_t, size_t> places;
  Statement rows(database.connection(),
                 "SELECT variant FROM v_rows WHERE experiment = ? ORDER BY arm_order, position");
  rows.bind(1, experiment);
  while (rows.executeStep()) places.emplace(rows.getColumn(0).getInt64(), places.size());
  return places;
}

std::string value_of(const TableRow& row, const std::string& key) {
  if (key == "arm") return row.arm;
  const auto found = row.axes.find(key);
  return found == row.axes.end() ? "" : found->second;
}

void require_key(const Table& table, const std::string& key) {
  std::vector<std::string> keys{"arm"};
  for (const TableRow& row : table.rows)
    for (const auto& [name, value] : row.axes)
      if (std::find(keys.begin(), keys.end(), name) == keys.end()) keys.push_back(name);
  if (std::find(keys.begin(), keys.end(), key) == keys.end())
    throw UserError(fmt::format("'{}' is no axis of '{}'{}; there: {}",
                                key,
                                table.experiment,
                                did_you_mean(key, keys),
                                join(keys, ", ")));
}

/// Place of the value among those seen so far; new ones are put behind.
size_t place_of(std::vector<std::string>& values, const std::string& value) {
  const auto found = std::find(values.begin(), values.end(), value);
  if (found != values.end()) return static_cast<size_t>(found - values.begin());
  values.push_back(value);
  return values.size() - 1;
}

}  // namespace

std::vector<std::string> series_names(const Database& database, const std::string& experiment) {
  std::vector<std::string> names;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT DISTINCT series FROM v_series WHERE experiment = ? "
                   "ORDER BY series <> 'loss.total', series");
    rows.bind(1, experiment);
    while (rows.executeStep()) names.push_back(rows.getColumn(0).getString());
  });
  return names;
}

Curve mean_curve(const std::string& label,
                 const std::vector<double>& x,
                 const std::vector<std::vector<double>>& curves,
                 size_t style) {
  Curve result{label, x, {}, {}, {}, style};
  for (size_t i = 0; i < x.size(); ++i) {
    std::vector<double> values;
    for (const auto& curve : curves) values.push_back(curve.at(i));
    result.y.push_back(mean(values));
    if (curves.size() < 2) continue;
    const double deviation = standard_deviation(values);
    result.low.push_back(result.y.back() - deviation);
    result.high.push_back(result.y.back() + deviation);
  }
  return result;
}

CurveFigure series_figure(const Database& database,
                          const std::string& experiment,
                          const std::string& series) {
  std::map<size_t, SeriesOfRow> by_place;
  database.guarded([&] {
    const auto place_of_variant = places_of_rows(database, experiment);
    Statement rows(database.connection(),
                   "SELECT v.id, v.arm, v.point, step, value FROM v_variants AS v JOIN cell "
                   "ON cell.variant = v.id AND is_current AND state = 'done' JOIN series ON "
                   "series.cell = cell.id JOIN series_name AS n ON n.id = series.series WHERE "
                   "v.experiment = ? AND n.name = ? AND value IS NOT NULL");
    rows.bind(1, experiment);
    rows.bind(2, series);
    while (rows.executeStep()) {
      const auto place = place_of_variant.find(rows.getColumn(0));
      if (place == place_of_variant.end()) continue;
      SeriesOfRow& row = by_place[place->second];
      row.label = row_label(rows.getColumn(1), rows.getColumn(2));
      row.values[rows.getColumn(3)].push_back(rows.getColumn(4));
    }
  });
  CurveFigure figure;
  figure.title = series + ": mean ± deviation over seeds";
  figure.x_title = "step";
  figure.y_title = series;
  for (const auto& [place, row] : by_place) {
    Curve curve{row.label, {}, {}, {}, {}, place};
    for (const auto& [step, values] : row.values) {
      const double centre = mean(values);
      const double spread = values.size() > 1 ? standard_deviation(values) : 0;
      curve.x.push_back(step);
      curve.y.push_back(centre);
      curve.low.push_back(centre - spread);
      curve.high.push_back(centre + spread);
    }
    figure.curves.push_back(curve);
  }
  return figure;
}

BarFigure bar_figure(const Table& table, size_t column) {
  const MetricColumn& metric = table.columns.at(column);
  const double factor = table.factors.at(column);
  BarFigure figure{
      metric.title + (metric.meaning.empty() ? "" : ": " + metric.meaning), metric.title, {}};
  for (const TableRow& row : table.rows) {
    const TableEntry& entry = row.entries.at(column);
    figure.bars.push_back({row.title,
                           factor * entry.mean,
                           factor * entry.interval.low,
                           factor * entry.interval.high,
                           entry.shown});
  }
  return figure;
}

AngleFigure heading_figure(const Database& database, const std::string& experiment) {
  std::map<int, AnglePanel> by_position;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT v.position, v.arm, v.point, degrees(coalesce(heading_turn, "
                   "heading_error)) FROM v_variants AS v "
                   "JOIN cell ON cell.variant = v.id AND is_current AND state = 'done' JOIN object "
                   "ON object.cell = cell.id WHERE v.experiment = ?");
    rows.bind(1, experiment);
    while (rows.executeStep()) {
      AnglePanel& panel = by_position[rows.getColumn(0)];
      panel.label = row_label(rows.getColumn(1), rows.getColumn(2));
      panel.degrees.push_back(rows.getColumn(3).isNull() ? NAN : rows.getColumn(3).getDouble());
    }
  });
  AngleFigure figure{"Heading errors of matched labels, from above", {}};
  for (const auto& [position, panel] : by_position) figure.panels.push_back(panel);
  return figure;
}

HeatMapFigure heat_map(const Table& table,
                       size_t column,
                       const std::string& row_key,
                       const std::string& column_key) {
  require_key(table, row_key);
  require_key(table, column_key);
  const MetricColumn& metric = table.columns.at(column);
  HeatMapFigure figure{metric.title, row_key, column_key, {}, {}, {}, table.decimals.at(column)};
  for (const TableRow& row : table.rows) {
    place_of(figure.rows, value_of(row, row_key));
    place_of(figure.columns, value_of(row, column_key));
  }
  figure.values.assign(figure.rows.size(), std::vector<double>(figure.columns.size(), NAN));
  std::map<std::pair<size_t, size_t>, std::string> taken;
  for (const TableRow& row : table.rows) {
    const size_t r = place_of(figure.rows, value_of(row, row_key));
    const size_t c = place_of(figure.columns, value_of(row, column_key));
    const auto [place, is_new] = taken.emplace(std::pair{r, c}, row.title);
    if (!is_new)
      throw UserError(fmt::format(
          "'{}' and '{}' fall on one field of the heat map; nothing is averaged over axes: choose "
          "other keys or run a part of the axes (KEY=VALUE)",
          place->second,
          row.title));
    figure.values[r][c] = table.factors.at(column) * row.entries.at(column).mean;
  }
  return figure;
}

}  // namespace monodr
