// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "results/database.h"
#include "results/metric_column.h"
#include "results/statistics.h"

namespace monodr {

/// Difference of two variants in a metric that has no number for each object (AP), from more than
/// the database holds; nothing where there is none.
using VariantComparison = std::function<std::optional<PairedDifference>(
    std::int64_t variant, std::int64_t baseline, const MetricColumn& metric)>;

struct TableSpec {
  std::string experiment;
  std::vector<std::string> metrics;  ///< paths as --metric takes them; empty = the default columns
  std::string baseline;              ///< arm that all others are compared with, or ""
  bool intervals = false;            ///< compute bootstrap intervals over seeds
  std::vector<std::string> row_keys = {};     ///< what labels a row, in this order; see pivoted()
  std::vector<std::string> column_keys = {};  ///< "arm" or axes whose values become columns
  VariantComparison compare_frames = {};  ///< in place of the comparison over seeds, where it can
};

/// Arm against baseline in one metric.
struct Comparison {
  PairedDifference difference;  ///< arm - baseline, in the metric's unit
  double holm_p = 1;            ///< corrected for all comparisons of the table
  std::string paired_over;      ///< "objects", "seeds" or "frames"
};

struct TableEntry {
  std::string shown;        ///< "1.74 ± 0.20", as v_summary prints it; "" = no value
  std::int64_t metric = 0;  ///< of metric_name
  int n = 0;                ///< seeds with a value
  double mean = 0, deviation = 0;
  Interval interval;  ///< 95 %, of the mean over seeds; NaN unless asked for
  std::optional<Comparison> comparison;
  bool is_best = false;  ///< no other row shows a better mean
};

struct TableRow {
  std::int64_t variant = 0;
  std::string arm, point;                   ///< point: "fit.iterations = 20", or "" without axes
  std::string label;                        ///< arm and point on one line, '|' escaped
  std::string title;                        ///< arm and point as they are
  std::string seeds;                        ///< "3", or "2 (1 failed)"
  std::map<std::string, std::string> axes;  ///< "fit.iterations" -> "20", as TOML writes it
  std::vector<TableEntry> entries;
};

/// Rows are arms in the file's order, one for each point of the axes; nothing is ever averaged
/// over axes.
struct Table {
  std::string experiment, baseline;
  std::vector<MetricColumn> columns;
  std::vector<TableRow> rows;
};

/// Throws UserError for an unknown experiment, metric or baseline (with the nearest name).
Table make_table(const Database& database, const TableSpec& spec);

/// A sentence on cells that the last run asked for and that are not done or failed; "" if none are.
/// A run that was stopped leaves them, with the results of an earlier one out of sight.
std::string what_is_missing(const Database& database, const std::string& experiment);

enum class TableFormat { text, markdown, latex, csv, json };
/// Throws UserError for anything else than the names above.
TableFormat table_format_from(const std::string& name);

/// - text: exactly what the sqlite3 shell prints for results/queries/table.sql.
/// - markdown: with the best in bold, and what the columns mean below.
/// - latex: a booktabs table that compiles as it is (package booktabs; fontenc T1).
/// - csv, json: one line or object for each row and metric, full precision, metrics' own units.
std::string format_table(const Table& table, TableFormat format);

}  // namespace monodr
