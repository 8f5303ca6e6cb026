// SPDX-License-Identifier: Apache-2.0
#include "results/table.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/text.h"
#include "results/comparison.h"
#include "results/pivot.h"

namespace monodr {
namespace {

using SQLite::Statement;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// All metrics of the file, with titles made from their paths.
std::vector<MetricColumn> known_metrics(const Database& database) {
  std::vector<MetricColumn> known;
  Statement rows(database.connection(),
                 "SELECT name, category, difficulty, iou, recall_positions, unit, id, "
                 "meaning, factor, decimals FROM v_metric_names ORDER BY id");
  while (rows.executeStep()) {
    MetricColumn column;
    column.metric = rows.getColumn(0).getString();
    column.category = rows.getColumn(1).getString();
    column.difficulty = rows.getColumn(2).getString();
    column.iou = rows.getColumn(3);
    column.recall_positions = rows.getColumn(4);
    column.unit = rows.getColumn(5).getString();
    column.ids = {rows.getColumn(6).getInt64()};
    column.meaning = rows.getColumn(7).getString();
    column.factor = rows.getColumn(8);
    column.decimals = rows.getColumn(9);
    if (const MetricDefinition* definition = find_metric(column.metric))
      column.better = definition->better;
    const std::string unit = column.unit == "1" ? "%" : column.unit;
    column.title = column.path() + (unit.empty() ? "" : fmt::format(" [{}]", unit));
    known.push_back(column);
  }
  return known;
}

/// Of the experiment's own cells the first class that was evaluated.
std::string main_category(const Database& database, const std::string& experiment) {
  Statement found(database.connection(),
                  "SELECT category FROM v_metrics WHERE experiment = ? AND category <> '' LIMIT 1");
  found.bind(1, experiment);
  return found.executeStep() ? found.getColumn(0).getString() : "";
}

/// Where a class or a difficulty is left open in `column`, all that there are.
std::vector<std::int64_t> find_ids(const Database& database, const MetricColumn& column) {
  Statement found(database.connection(),
                  "SELECT id FROM metric_name WHERE name = ? AND category IN ('', ?) AND "
                  "(difficulty = ? OR ? = '') AND iou = ? AND recall_positions = ?");
  found.bind(1, column.metric);
  found.bind(2, column.category);
  found.bind(3, column.difficulty);
  found.bind(4, column.difficulty);
  found.bind(5, column.iou);
  found.bind(6, column.recall_positions);
  std::vector<std::int64_t> ids;
  while (found.executeStep()) ids.push_back(found.getColumn(0));
  return ids;
}

std::vector<MetricColumn> columns_of(const Database& database, const TableSpec& spec) {
  const std::vector<MetricColumn> known = known_metrics(database);
  std::vector<MetricColumn> columns;
  if (spec.metrics.empty()) {
    columns = default_columns(main_category(database, spec.experiment));
    for (MetricColumn& column : columns) column.ids = find_ids(database, column);
  }
  for (const std::string& path : spec.metrics)
    for (const MetricColumn& column : select_columns(path, known)) columns.push_back(column);
  return columns;
}

std::vector<TableRow> rows_of(const Database& database, const Table& table) {
  std::vector<TableRow> rows;
  Statement found(
      database.connection(),
      "SELECT variant, r.arm, r.point, label, seeds, axes FROM v_rows AS r JOIN variant "
      "ON variant.id = r.variant WHERE r.experiment = ? ORDER BY r.arm_order, r.position");
  found.bind(1, table.experiment);
  while (found.executeStep()) {
    TableRow row;
    row.variant = found.getColumn(0);
    row.arm = found.getColumn(1).getString();
    row.point = found.getColumn(2).getString();
    row.label = found.getColumn(3).getString();
    row.title = row.point.empty() ? row.arm : row.arm + ", " + row.point;
    row.seeds = found.getColumn(4).getString();
    const auto axes = nlohmann::json::parse(found.getColumn(5).getString());
    for (const auto& [key, value] : axes.items())
      row.axes[key] = value.is_string() ? value.get<std::string>() : value.dump();
    row.entries.assign(table.columns.size(), {"", 0, 0, nan, nan, {nan, nan}, {}, false});
    rows.push_back(row);
  }
  return rows;
}

/// "1, 2, 3": metric ids, for an IN.
std::string id_list(const std::vector<MetricColumn>& columns) {
  std::vector<std::string> ids;
  for (const MetricColumn& column : columns)
    for (const std::int64_t id : column.ids) ids.push_back(fmt::format("{}", id));
  return join(ids, ", ");
}

void fill_entries(const Database& database, Table& table) {
  Statement found(database.connection(),
                  fmt::format("SELECT variant, metric_id, n, mean, deviation, shown, difficulty "
                              "FROM v_summary WHERE experiment = ? AND metric_id IN ({})",
                              id_list(table.columns)));
  found.bind(1, table.experiment);
  std::unordered_map<std::int64_t, size_t> row_of, column_of;
  for (size_t r = 0; r < table.rows.size(); ++r) row_of[table.rows[r].variant] = r;
  for (size_t c = 0; c < table.columns.size(); ++c)
    for (const std::int64_t id : table.columns[c].ids) column_of[id] = c;
  while (found.executeStep()) {
    const size_t c = column_of.at(found.getColumn(1));
    TableEntry& entry = table.rows[row_of.at(found.getColumn(0))].entries[c];
    entry.metric = found.getColumn(1);
    entry.n = found.getColumn(2);
    entry.mean = found.getColumn(3);
    if (!found.getColumn(4).isNull()) entry.deviation = found.getColumn(4);
    entry.shown = found.getColumn(5).getString();
    table.columns[c].difficulty = found.getColumn(6).getString();
  }
}

/// A path may fit metrics that only other experiments of the file have.
void remove_empty_columns(Table& table, const std::string& paths) {
  for (size_t c = table.columns.size(); c-- > 0;) {
    const bool has_value = std::any_of(table.rows.begin(), table.rows.end(), [c](const auto& row) {
      return !row.entries[c].shown.empty();
    });
    if (has_value) continue;
    table.columns.erase(table.columns.begin() + c);
    for (TableRow& row : table.rows) row.entries.erase(row.entries.begin() + c);
  }
  if (table.columns.empty())
    throw UserError(
        fmt::format("experiment '{}' has no values of --metric {}; leave --metric out "
                    "for the default columns",
                    table.experiment,
                    paths));
}

void add_intervals(const Database& database, Table& table) {
  Statement found(database.connection(),
                  "SELECT value FROM cell JOIN metric ON metric.cell = cell.id WHERE variant = ? "
                  "AND is_current AND state = 'done' AND metric = ? AND value IS NOT NULL "
                  "ORDER BY seed");
  for (TableRow& row : table.rows) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      found.bind(1, row.variant);
      found.bind(2, row.entries[c].metric);
      std::vector<double> values;
      while (found.executeStep()) values.push_back(found.getColumn(0));
      found.reset();
      row.entries[c].interval = bootstrap_interval(values);
    }
  }
}

std::string shown_mean(const TableEntry& entry) {
  return entry.shown.substr(0, entry.shown.find(' '));
}

/// All rows that show the best mean: a difference that is not printed is not boasted of.
void mark_best(Table& table) {
  for (size_t c = 0; c < table.columns.size(); ++c) {
    const Better better = table.columns[c].better;
    if (better == Better::neither) continue;
    const TableEntry* best = nullptr;
    for (const TableRow& row : table.rows) {
      const TableEntry& entry = row.entries[c];
      if (entry.shown.empty()) continue;
      if (best == nullptr ||
          (better == Better::lower ? entry.mean < best->mean : entry.mean > best->mean))
        best = &entry;
    }
    if (best == nullptr) continue;
    const std::string shown = shown_mean(*best);
    for (TableRow& row : table.rows)
      row.entries[c].is_best = !row.entries[c].shown.empty() && shown_mean(row.entries[c]) == shown;
  }
}

void require_arm(const Table& table, const std::string& arm) {
  if (table.rows.empty())
    throw UserError(
        fmt::format("--baseline '{}': no cell of '{}' is done, so that there is nothing "
                    "to compare; run the experiment first",
                    arm,
                    table.experiment));
  std::set<std::string> arms;
  for (const TableRow& row : table.rows) arms.insert(row.arm);
  const std::vector<std::string> names(arms.begin(), arms.end());
  if (arms.count(arm) == 0)
    throw UserError(fmt::format("--baseline '{}' is no arm of '{}'{}; there: {}",
                                arm,
                                table.experiment,
                                did_you_mean(arm, names),
                                join(names, ", ")));
}

}  // namespace

std::string what_is_missing(const Database& database, const std::string& experiment) {
  int missing = 0, all = 0, earlier = 0;
  database.guarded([&] {
    Statement counted(database.connection(),
                      "SELECT sum(is_current AND state = 'missing'), sum(is_current), "
                      "sum(NOT is_current AND state = 'done') FROM cell "
                      "JOIN v_variants AS v ON v.id = cell.variant WHERE v.experiment = ?");
    counted.bind(1, experiment);
    counted.executeStep();
    missing = counted.getColumn(0);
    all = counted.getColumn(1);
    earlier = counted.getColumn(2);
  });
  if (missing == 0) return "";
  return fmt::format("{} of {} cells of '{}' have no result yet; running its file again goes on{}",
                     missing,
                     all,
                     experiment,
                     earlier == 0
                         ? ""
                         : ", and with --accept-stale takes results from before the program, "
                           "plugins or data changed");
}

Table make_table(const Database& database, const TableSpec& spec) {
  Table table;
  table.experiment = spec.experiment;
  table.baseline = spec.baseline;
  database.require_experiment(spec.experiment);
  database.guarded([&] {
    table.columns = columns_of(database, spec);
    table.rows = rows_of(database, table);
    fill_entries(database, table);
    if (!spec.metrics.empty()) remove_empty_columns(table, join(spec.metrics, ", "));
    if (spec.intervals) add_intervals(database, table);
    if (!spec.baseline.empty()) {
      require_arm(table, spec.baseline);
      add_comparisons(database, spec.compare_frames, table);
    }
    if (!spec.row_keys.empty() || !spec.column_keys.empty())
      table = pivoted(table, spec.row_keys, spec.column_keys);
    mark_best(table);
  });
  return table;
}

}  // namespace monodr
