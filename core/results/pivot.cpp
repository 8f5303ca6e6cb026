// SPDX-License-Identifier: Apache-2.0
#include "results/pivot.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

using Keys = std::vector<std::string>;

bool contains(const Keys& keys, const std::string& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

Keys all_keys(const Table& table) {
  Keys keys{"arm"};
  for (const TableRow& row : table.rows)
    for (const auto& [key, value] : row.axes)
      if (!contains(keys, key)) keys.push_back(key);
  return keys;
}

/// The named keys, then those that stand in neither list.
Keys complete_row_keys(const Table& table, const Keys& row_keys, const Keys& column_keys) {
  const Keys known = all_keys(table);
  for (const Keys* named : {&row_keys, &column_keys})
    for (const std::string& key : *named)
      if (!contains(known, key))
        throw UserError(fmt::format("{}: '{}' is no axis of '{}'{}; there: {}",
                                    named == &row_keys ? "--rows" : "--columns",
                                    key,
                                    table.experiment,
                                    did_you_mean(key, known),
                                    join(known, ", ")));
  for (const std::string& key : row_keys)
    if (contains(column_keys, key))
      throw UserError(fmt::format("'{}' stands in --rows and in --columns; leave one out", key));
  Keys keys = row_keys;
  for (const std::string& key : known)
    if (!contains(keys, key) && !contains(column_keys, key)) keys.push_back(key);
  return keys;
}

Keys values_of(const TableRow& row, const Keys& keys) {
  Keys values;
  for (const std::string& key : keys) {
    const auto found = row.axes.find(key);
    values.push_back(key == "arm" ? row.arm : found == row.axes.end() ? "" : found->second);
  }
  return values;
}

/// "mask only, fit.iterations = 20": arms and experiments go by their names alone.
std::string label_of(const Keys& keys, const Keys& values) {
  Keys parts;
  for (size_t i = 0; i < keys.size(); ++i)
    parts.push_back(keys[i] == "arm" || keys[i] == "experiment" ? values[i]
                                                                : keys[i] + " = " + values[i]);
  return join(parts, ", ");
}

size_t place_of(std::vector<Keys>& all, const Keys& values) {
  const auto found = std::find(all.begin(), all.end(), values);
  if (found != all.end()) return static_cast<size_t>(found - all.begin());
  all.push_back(values);
  return all.size() - 1;
}

}  // namespace

std::string one_line_label(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (c == '|') line += '\\';
    line += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return line;
}

Table pivoted(const Table& table, const Keys& row_keys, const Keys& column_keys) {
  const Keys keys = complete_row_keys(table, row_keys, column_keys);
  std::vector<Keys> row_values, column_values;
  for (const TableRow& row : table.rows) {
    place_of(row_values, values_of(row, keys));
    place_of(column_values, values_of(row, column_keys));
  }
  Table result = table;
  result.columns.clear();
  for (size_t c = 0; c < table.columns.size(); ++c) {
    for (const Keys& values : column_values) {
      MetricColumn column = table.columns[c];
      if (!column_keys.empty()) column.title = label_of(column_keys, values) + ": " + column.title;
      result.columns.push_back(column);
    }
  }
  result.rows.assign(row_values.size(), {});
  for (const TableRow& row : table.rows) {
    const Keys values = values_of(row, keys);
    TableRow& target = result.rows[place_of(row_values, values)];
    const size_t v = place_of(column_values, values_of(row, column_keys));
    if (target.entries.empty()) {
      target.entries.resize(result.columns.size());
      target.is_baseline = row.is_baseline;
      target.copies = row.copies;
      target.experiment = contains(column_keys, "experiment") ? "" : row.experiment;
      target.arm = contains(column_keys, "arm") ? "" : row.arm;
      target.label = one_line_label(label_of(keys, values));
      target.title = label_of(keys, values);
      for (const auto& [key, value] : row.axes)
        if (!contains(column_keys, key)) target.axes[key] = value;
      target.seeds = row.seeds;
      target.trend_title = row.trend_title;
    } else if (target.seeds != row.seeds) {
      target.seeds += "; " + row.seeds;
    }
    target.is_baseline = target.is_baseline && row.is_baseline;
    target.is_supervised = target.is_supervised || row.is_supervised;
    for (size_t c = 0; c < table.columns.size(); ++c)
      target.entries[c * column_values.size() + v] = row.entries[c];
  }
  return result;
}

}  // namespace monodr
