// SPDX-License-Identifier: Apache-2.0
#include "report/experiment_figures.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

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

/// In words: "Median error of the heading (egocentric)".
std::string title_of(const MetricColumn& metric) {
  if (metric.meaning.empty()) return metric.title;
  std::string title = metric.meaning;
  title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
  if (metric.recall_positions == 0 && !metric.difficulty.empty()) title += ", " + metric.difficulty;
  return title;
}

}  // namespace

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

std::string series_title(const std::string& series) {
  const std::string prefix = "loss.";
  if (!series.starts_with(prefix)) return series;
  const std::string name = series.substr(prefix.size());
  return name == "total" ? "Sum of all losses" : "Loss '" + name + "'";
}

CurveFigure series_figure(const Database& database,
                          const std::string& experiment,
                          const std::string& series) {
  CurveFigure figure;
  const std::string title = series_title(series);
  const bool is_loss = title != series;
  figure.title =
      title + " over the steps of a fit: mean over objects and seeds, band ± deviation over seeds";
  figure.x_title = "step";
  figure.y_title = is_loss ? "weighted loss [1]" : series;
  if (is_loss) figure.note = kSeriesNote;
  for (const RowSeries& row : series_of_rows(database, experiment, series)) {
    Curve curve{row.label, {}, {}, {}, {}, row.place};
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
  const double factor = metric.factor;
  BarFigure figure{title_of(metric), metric.title, {}};
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
  AngleFigure figure{
      "Signed heading errors (rotation_y, egocentric) of matched labels, seen from above", {}};
  for (const RowHeadings& row : headings_of_rows(database, experiment))
    figure.panels.push_back({row.label, row.degrees});
  return figure;
}

HeatMapFigure heat_map(const Table& table,
                       size_t column,
                       const std::string& row_key,
                       const std::string& column_key) {
  require_key(table, row_key);
  require_key(table, column_key);
  const MetricColumn& metric = table.columns.at(column);
  HeatMapFigure figure{
      title_of(metric), row_key, column_key, {}, {}, {}, metric.decimals, metric.title};
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
    figure.values[r][c] = metric.factor * row.entries.at(column).mean;
  }
  return figure;
}

}  // namespace monodr
