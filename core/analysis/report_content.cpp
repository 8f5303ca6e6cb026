// SPDX-License-Identifier: Apache-2.0
#include "analysis/report_content.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "report/experiment_figures.h"
#include "results/stored_facts.h"

namespace monodr {
namespace {

constexpr size_t kBarFigures = 4;

std::string summary_of(const std::vector<StoredCell>& cells) {
  std::map<std::string, int> counts;
  for (const StoredCell& cell : cells) ++counts[cell.state];
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, state));
  return fmt::format("{} cells: {}", cells.size(), join(parts, ", "));
}

/// Bars of the table's first columns, then every recorded curve, then what needs only the objects.
std::vector<ReportFigure> figures_of(const Database& database, const Table& table) {
  std::vector<ReportFigure> figures;
  const auto has_value = [&](size_t c) {
    return std::any_of(table.rows.begin(), table.rows.end(), [c](const TableRow& row) {
      return !row.entries[c].shown.empty();
    });
  };
  for (size_t c = 0; c < table.columns.size() && figures.size() < kBarFigures; ++c)
    if (has_value(c))
      figures.push_back({draw(bar_figure(table, c)),
                         "Mean over seeds; whiskers: its 95 % bootstrap interval, of a single seed "
                         "over its frames."});
  const AngleFigure headings = heading_figure(database, table.experiment);
  if (!headings.panels.empty())
    figures.push_back({draw(headings),
                       "Predicted minus labelled rotation_y in steps of 15°, clockwise as seen "
                       "from above; 180° is "
                       "front to back. Areas are shares, the rings a scale."});
  for (const std::string& series : series_names(database, table.experiment))
    figures.push_back({draw(series_figure(database, table.experiment, series)),
                       "Arms with other losses or weights have other totals."});
  return figures;
}

/// The axis that has most values against the arms, where the experiment sweeps any.
void add_heat_map(const Table& table, std::vector<ReportFigure>& figures) {
  std::set<std::string> keys;
  for (const TableRow& row : table.rows)
    for (const auto& [key, value] : row.axes) keys.insert(key);
  if (keys.empty() || keys.size() > 2 || table.columns.empty()) return;
  std::set<std::string> arms;
  for (const TableRow& row : table.rows) arms.insert(row.arm);
  if (keys.size() == 2 && arms.size() > 1) return;  // more than two axes: no one picture holds them
  const std::string rows = keys.size() == 2 ? *keys.begin() : "arm";
  figures.push_back({draw(heat_map(table, 0, rows, *keys.rbegin())), "Mean over seeds."});
}

void add_label_figures(const std::vector<LabelledCell>& cells,
                       const Table& table,
                       std::vector<ReportFigure>& figures) {
  if (cells.empty()) return;
  for (const MetricColumn& column : table.columns) {
    if (!has_precision_curve(column) || column.recall_positions != 40) continue;
    figures.push_back({draw(precision_recall_figure(cells, column)),
                       "Mean over seeds of KITTI's 41 samples, band: one standard deviation."});
  }
  figures.push_back({draw(depth_figure(cells)), "Dashed: where both agree."});
}

std::vector<ReportFailure> failures_of(const Database& database,
                                       const std::string& experiment,
                                       const std::vector<StoredCell>& cells) {
  std::vector<ReportFailure> failures;
  for (const StoredCell& cell : cells)
    if (cell.state == "failed")
      failures.push_back(
          {fmt::format("cell {}, {}, seed {}", cell.short_hash(), cell.row_label(), cell.seed),
           cell.message});
  for (const CountedFact& fact : remarks_of(database, experiment))
    failures.push_back({fmt::format("{} ({} cells done)", fact.key, fact.cells), fact.value});
  for (const CountedFact& fact : left_out(database, experiment))
    failures.push_back({fmt::format("{} ({} cells)", fact.key, fact.cells), fact.value});
  for (const CountedFact& fact : missed_labels(database, experiment))
    failures.push_back({fmt::format("labels missed: {}, {}", fact.cells, fact.key), fact.value});
  return failures;
}

/// A fact for each key: a value that all cells share once, else each with the number of cells;
/// those that differ between cells come first.
std::vector<ReportFact> joined(const std::vector<CountedFact>& counted) {
  std::vector<std::string> keys;
  std::map<std::string, std::vector<CountedFact>> by_key;
  for (const CountedFact& fact : counted) {
    if (by_key.count(fact.key) == 0) keys.push_back(fact.key);
    by_key[fact.key].push_back(fact);
  }
  std::vector<ReportFact> facts;
  for (const std::string& key : keys) {
    const std::vector<CountedFact>& all = by_key.at(key);
    std::vector<std::string> parts;
    for (const CountedFact& fact : all)
      parts.push_back(all.size() == 1 ? fact.value
                                      : fmt::format("{} ({} cells)", fact.value, fact.cells));
    facts.push_back({key, join(parts, "\n")});
  }
  std::stable_partition(facts.begin(), facts.end(), [&](const ReportFact& fact) {
    return by_key.at(fact.key).size() > 1;
  });
  return facts;
}

}  // namespace

ReportContent gather_report(const Database& database, const ReportOptions& options) {
  const std::string& experiment = options.table.experiment;
  ReportContent content;
  content.experiment = experiment;
  TableSpec spec = options.table;
  spec.intervals = true;
  content.table = make_table(database, spec);
  const std::vector<StoredCell> cells = current_cells(database, experiment);
  content.question = question_of(database, experiment);
  content.summary = summary_of(cells);
  if (!options.tags.empty())
    content.summary += fmt::format("; only cells tagged {}", join(options.tags, " and "));
  for (const CountedFact& fact : said_of_cells(database, experiment))
    content.said.push_back({fact.key, fact.value});
  content.figures = figures_of(database, content.table);
  add_heat_map(content.table, content.figures);
  content.failures = failures_of(database, experiment, cells);
  std::vector<std::string> missing;
  const std::vector<LabelledCell> labelled =
      labelled_cells(database, experiment, options.cache_folder, missing);
  for (const std::string& reason : missing)
    content.failures.push_back({"figures and pictures that need the labels", reason});
  add_label_figures(labelled, content.table, content.figures);
  add_object_pictures(database, labelled, options, content);
  content.settings = joined(settings_of(database, experiment));
  content.provenance = joined(provenance_of(database, experiment));
  return content;
}

}  // namespace monodr
