// SPDX-License-Identifier: Apache-2.0
#include "results/table.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/remarks.h"
#include "base/text.h"
#include "metrics/metric_definitions.h"
#include "results/baseline.h"
#include "results/comparison.h"
#include "results/object_frames.h"
#include "results/pivot.h"
#include "results/stored_facts.h"
#include "results/trend.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// The key of rows that tells experiments apart.
const std::string experiment_key = "experiment";

std::vector<std::string> experiments_of(const TableSpec& spec) {
  std::vector<std::string> names{spec.experiment};
  for (const std::string& name : spec.more_experiments) {
    if (std::ranges::find(names, name) != names.end())
      throw UserError(fmt::format("experiment '{}' is named twice", name));
    names.push_back(name);
  }
  return names;
}

/// All metrics of the file, without titles.
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
    if (column.recall_positions > 0) column.meaning += recall_meaning(column);
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

/// The class of the default columns.
std::string common_category(const Database& database, const std::vector<std::string>& experiments) {
  std::string common, whose;
  for (const std::string& experiment : experiments) {
    const std::string category = main_category(database, experiment);
    if (category.empty() || category == common) continue;
    if (!common.empty())
      throw UserError(fmt::format(
          "'{}' evaluates {} and '{}' {}, so the default columns cannot hold both; name columns "
          "with --metric",
          whose,
          common,
          experiment,
          category));
    common = category;
    whose = experiment;
  }
  return common;
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

/// What the first of the experiments that names columns for print names, as far as the file has it.
std::vector<MetricColumn> columns_for_print(const Database& database,
                                            const std::vector<std::string>& experiments,
                                            const std::vector<MetricColumn>& known) {
  std::vector<MetricColumn> columns;
  for (const std::string& experiment : experiments) {
    for (const std::string& path : report_metrics_of(database, experiment))
      for (const MetricColumn& column : fitting_columns(path, known)) columns.push_back(column);
    if (!columns.empty()) break;
  }
  return columns;
}

std::vector<MetricColumn> columns_of(const Database& database, const TableSpec& spec) {
  const std::vector<MetricColumn> known = known_metrics(database);
  std::vector<MetricColumn> columns;
  if (spec.metrics.empty()) {
    if (spec.for_print) columns = columns_for_print(database, experiments_of(spec), known);
    if (!columns.empty()) return columns;
    const std::string category = common_category(database, experiments_of(spec));
    columns = spec.for_print ? print_columns(category) : default_columns(category);
    for (MetricColumn& column : columns) column.ids = find_ids(database, column);
    return columns;
  }
  for (const std::string& path : spec.metrics)
    for (const MetricColumn& column : select_columns(path, known)) columns.push_back(column);
  return columns;
}

void add_copies(const Database& database, std::vector<TableRow>& rows) {
  Statement found(database.connection(), "SELECT variant, cell, cells FROM v_copies");
  std::unordered_map<std::int64_t, TableRow*> row_of;
  for (TableRow& row : rows) row_of[row.variant] = &row;
  while (found.executeStep()) {
    const auto row = row_of.find(found.getColumn(0));
    if (row == row_of.end()) continue;
    row->second->only_cell = found.getColumn(1);
    row->second->copies = found.getColumn(2);
  }
}

/// Makes rows of several experiments tell which they are of.
void name_experiment(TableRow& row) {
  row.axes[experiment_key] = row.experiment;
  row.label = one_line_label(row.experiment) + ": " + row.label;
  row.title = row.experiment + ": " + row.title;
}

void append_rows(const Database& database, const std::string& experiment, Table& table) {
  Statement found(
      database.connection(),
      "SELECT variant, r.arm, r.point, label, seeds, axes, EXISTS (SELECT 1 FROM cell WHERE "
      "cell.variant = r.variant AND is_current AND state = 'done' AND instr(message, ?2)) FROM "
      "v_rows AS r JOIN variant ON variant.id = r.variant WHERE r.experiment = ?1 ORDER BY "
      "r.arm_order, r.position");
  found.bind(1, experiment);
  found.bind(2, kSupervisedRemark);
  while (found.executeStep()) {
    TableRow row;
    row.experiment = experiment;
    row.variant = found.getColumn(0);
    row.arm = found.getColumn(1).getString();
    row.point = found.getColumn(2).getString();
    row.label = found.getColumn(3).getString();
    row.title = row.point.empty() ? row.arm : row.arm + ", " + row.point;
    row.seeds = found.getColumn(4).getString();
    const auto axes = nlohmann::json::parse(found.getColumn(5).getString());
    for (const auto& [key, value] : axes.items())
      row.axes[key] = value.is_string() ? value.get<std::string>() : value.dump();
    row.is_supervised = found.getColumn(6).getInt() != 0;
    row.entries.resize(table.columns.size());
    table.rows.push_back(row);
  }
}

/// Says of rows whose predictor has learned labels that it has, unless their names do.
void mark_supervised(Table& table) {
  const std::string mark = "(supervised)";
  for (TableRow& row : table.rows) {
    if (!row.is_supervised || row.title.find(mark) != std::string::npos) continue;
    row.label += " " + mark;
    row.title += " " + mark;
  }
}

/// Rows with the same values of `keys` one under another, from where the first of them stands.
void group_rows(const std::vector<std::string>& keys, Table& table) {
  std::set<std::string> known{"arm"};
  for (const TableRow& row : table.rows)
    for (const auto& [key, value] : row.axes) known.insert(key);
  for (const std::string& key : keys)
    if (known.count(key) == 0)
      throw UserError(fmt::format("--on: '{}' is no axis of '{}'{}; there: {}",
                                  key,
                                  table.experiment,
                                  did_you_mean(key, {known.begin(), known.end()}),
                                  join({known.begin(), known.end()}, ", ")));
  std::map<std::vector<std::string>, size_t> places;
  const auto place = [&](const TableRow& row) {
    std::vector<std::string> values;
    for (const std::string& key : keys) {
      const auto found = row.axes.find(key);
      values.push_back(key == "arm" ? row.arm : found == row.axes.end() ? "" : found->second);
    }
    return places.emplace(values, places.size()).first->second;
  };
  for (const TableRow& row : table.rows) place(row);
  std::ranges::stable_sort(table.rows, {}, place);
}

/// "1, 2, 3": metric ids, for an IN.
std::string id_list(const std::vector<MetricColumn>& columns) {
  std::vector<std::string> ids;
  for (const MetricColumn& column : columns)
    for (const std::int64_t id : column.ids) ids.push_back(fmt::format("{}", id));
  return join(ids, ", ");
}

void fill_entries(const Database& database, const std::string& experiment, Table& table) {
  Statement found(database.connection(),
                  fmt::format("SELECT variant, metric_id, n, mean, deviation, shown, difficulty "
                              "FROM v_summary WHERE experiment = ? AND metric_id IN ({})",
                              id_list(table.columns)));
  std::unordered_map<std::int64_t, size_t> row_of, column_of;
  for (size_t r = 0; r < table.rows.size(); ++r) row_of[table.rows[r].variant] = r;
  for (size_t c = 0; c < table.columns.size(); ++c)
    for (const std::int64_t id : table.columns[c].ids) column_of[id] = c;
  found.bind(1, experiment);
  while (found.executeStep()) {
    const size_t c = column_of.at(found.getColumn(1));
    TableEntry& entry = table.rows[row_of.at(found.getColumn(0))].entries[c];
    entry.metric = found.getColumn(1);
    entry.n = found.getColumn(2);
    entry.mean = found.getColumn(3);
    if (!found.getColumn(4).isNull()) entry.deviation = found.getColumn(4);
    entry.shown = found.getColumn(5).getString();
    entry.difficulty = found.getColumn(6).getString();
    table.columns[c].difficulty = entry.difficulty;
  }
}

/// A path may fit metrics that only other experiments of the file have. What is left gets its title.
void remove_empty_columns(Table& table, const std::vector<std::string>& paths) {
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
        paths.empty()
            ? fmt::format("experiment '{}' has no values of its [report] metrics; name others "
                          "with --metric",
                          table.experiment)
            : fmt::format("experiment '{}' has no values of --metric {}; leave --metric out "
                          "for the default columns",
                          table.experiment,
                          join(paths, ", ")));
  set_titles(table.columns);
}

/// Of one cell of each row: the labels are the same for all seeds.
void add_label_counts(const Database& database, Table& table) {
  const auto is_precision = [](const MetricColumn& column) { return column.recall_positions > 0; };
  if (std::ranges::none_of(table.columns, is_precision)) return;
  Statement counted(database.connection(),
                    "SELECT count(*) FROM object WHERE cell = (SELECT min(id) FROM cell WHERE "
                    "variant = ?1 AND is_current AND state = 'done') AND "
                    "instr('easy moderate hard', difficulty) <= instr('easy moderate hard', ?2)");
  for (TableRow& row : table.rows) {
    for (size_t c = 0; c < table.columns.size(); ++c) {
      if (!is_precision(table.columns[c])) continue;
      counted.bind(1, row.variant);
      counted.bind(2, table.columns[c].difficulty);
      if (counted.executeStep()) row.entries[c].labels = counted.getColumn(0);
      counted.reset();
    }
  }
}

bool is_share(const MetricDefinition& metric) {
  return metric.statistic == Statistic::share_of_labels ||
         metric.statistic == Statistic::share_of_matched;
}

/// Of the objects that count, as many draws from one urn.
void add_object_interval(const ObjectFrames& frames, TableEntry& entry) {
  int successes = 0, objects = 0;
  for (const auto& [frame, values] : frames)
    for (const double value : values) {
      if (std::isnan(value)) continue;
      ++objects;
      successes += value > 0.5;
    }
  entry.interval = wilson_interval(successes, objects);
  entry.interval_n = objects;
  entry.interval_over = "objects";
}

/// Of the mean over seeds; of a single seed over its frames, where the metric is made of objects or
/// `over_frames` can, or where asked over its objects.
void add_interval(const Database& database,
                  const VariantInterval& over_frames,
                  bool over_objects,
                  const TableRow& row,
                  const MetricColumn& column,
                  std::vector<double> values,
                  TableEntry& entry) {
  if (row.only_cell != 0 && !is_cost_of_a_run(column.unit))
    values.resize(std::min<size_t>(values.size(), 1));
  entry.interval_n = static_cast<int>(values.size());
  if (values.size() != 1) {
    entry.interval = bootstrap_interval(values);
    entry.interval_over = "seeds";
  } else if (const MetricDefinition* metric = find_metric(column.metric);
             metric != nullptr && metric->is_of_objects()) {
    const auto frames =
        object_frames(database, row.variant, *metric, column.difficulty, row.only_cell);
    entry.interval_over = "frames";
    if (frames.size() == 1 && over_objects && is_share(*metric)) {
      add_object_interval(frames.begin()->second, entry);
    } else if (frames.size() == 1) {
      entry.interval = object_interval(*metric, frames.begin()->second);
      entry.interval_n = static_cast<int>(frames.begin()->second.size());
    }
  } else if (over_frames) {
    if (const auto interval = over_frames(row.variant, column)) {
      entry.interval = interval->interval;
      entry.interval_n = interval->frames;
    }
    entry.interval_over = "frames";
  }
  if (std::isnan(entry.interval.low)) entry.interval_over.clear();
}

void add_intervals(const Database& database, const TableSpec& spec, Table& table) {
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
      add_interval(database,
                   spec.frame_interval,
                   spec.intervals_over_objects,
                   row,
                   table.columns[c],
                   values,
                   row.entries[c]);
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

}  // namespace

double Comparison::least_holm_p() const {
  return std::min(1.0, holm_factor * difference.least_p);
}

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
  const std::vector<std::string> experiments = experiments_of(spec);
  table.experiment = join(experiments, ", ");
  table.baseline = spec.baseline;
  table.trend_axis = spec.trend_axis;
  for (const std::string& experiment : experiments) database.require_experiment(experiment);
  database.guarded([&] {
    table.columns = columns_of(database, spec);
    for (const std::string& experiment : experiments) append_rows(database, experiment, table);
    add_copies(database, table.rows);
    if (experiments.size() > 1) std::ranges::for_each(table.rows, name_experiment);
    if (!spec.grouping_keys.empty()) group_rows(spec.grouping_keys, table);
    for (const std::string& experiment : experiments) fill_entries(database, experiment, table);
    // Default columns have their titles, and stay where they are empty.
    if (table.columns.front().title.empty()) remove_empty_columns(table, spec.metrics);
    add_label_counts(database, table);
    if (spec.intervals) add_intervals(database, spec, table);
    if (!spec.baseline.empty()) {
      mark_baseline(table);
      add_comparisons(database, spec.compare_frames, table);
    }
    if (!spec.trend_axis.empty() && !spec.column_keys.empty())
      throw UserError("--trend stands below a table with axes in its rows; leave --columns out");
    if (!spec.trend_axis.empty()) add_trends(database, table);
    if (!spec.row_keys.empty() || !spec.column_keys.empty())
      table = pivoted(table, spec.row_keys, spec.column_keys);
    mark_best(table);
    mark_supervised(table);
  });
  return table;
}

}  // namespace monodr
