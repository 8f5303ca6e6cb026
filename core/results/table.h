// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
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
/// 95 % interval of such a metric for the one cell of a variant, over its frames.
struct FrameInterval {
  Interval interval;
  int frames = 0;
};
using VariantInterval =
    std::function<std::optional<FrameInterval>(std::int64_t variant, const MetricColumn& metric)>;

struct TableSpec {
  std::string experiment;
  std::vector<std::string> metrics;  ///< paths as --metric takes them; empty = the default columns
  std::string baseline;    ///< what all other rows are compared with (results/baseline.h), or ""
  bool intervals = false;  ///< compute bootstrap intervals
  bool intervals_over_objects =
      false;  ///< of shares of one seed: Wilson's, in place of the bootstrap
  std::vector<std::string> row_keys = {};     ///< what labels a row, in this order; see pivoted()
  std::vector<std::string> column_keys = {};  ///< "arm" or axes whose values become columns
  std::string trend_axis = {};                ///< axis along which metrics may rise or fall, or ""
  VariantComparison compare_frames = {};  ///< in place of the comparison over seeds, where it can
  VariantInterval frame_interval = {};    ///< of a single seed, where it can
  /// Experiments whose rows follow those of the first, under the same columns. With any, "experiment"
  /// is one more axis, for the keys, baseline and trend above.
  std::vector<std::string> more_experiments = {};
  /// "arm" or axes: rows that have the same of these stand one under another.
  std::vector<std::string> grouping_keys = {};
  bool for_print = false;  ///< where no metrics are named, those of [report], else print_columns()
};

/// Arm against baseline in one metric.
struct Comparison {
  PairedDifference difference;  ///< row - baseline, in the metric's unit
  double holm_p = 1;            ///< corrected for all comparisons of the table
  double holm_factor = 1;       ///< by how much
  std::string paired_over;      ///< "frames" or "seeds"

  /// holm_p is at least this, however large the difference: few pairs, many comparisons.
  double least_holm_p() const;
};

struct TableEntry {
  std::string shown;        ///< "1.74 ± 0.20", as v_summary prints it; "" = no value
  std::int64_t metric = 0;  ///< of metric_name
  std::string difficulty;   ///< of the labels that it counts; "" where it counts none
  int n = 0;                ///< seeds with a value; of equal copies one counts
  double mean = not_a_number, deviation = not_a_number;
  Interval interval{not_a_number, not_a_number};  ///< 95 %; NaN unless asked for
  /// What the interval was drawn over: "seeds" (of the mean over seeds), "frames" (of one seed); "" =
  /// there is none.
  std::string interval_over;
  int interval_n = 0;  ///< how many of them
  int labels = 0;      ///< of AP: labels that count; 0 = not known
  std::optional<Comparison> comparison;
  std::optional<Comparison>
      trend;             ///< change from one value of an axis to the next (results/trend.h)
  bool is_best = false;  ///< no other row shows a better mean

 private:
  static constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
};

struct TableRow {
  std::int64_t variant = 0;
  std::string experiment;
  std::string arm, point;  ///< point: "fit.iterations = 20", or "" without axes
  /// Arm and point on one line, '|' escaped; behind "experiment: " in a table of several.
  std::string label;
  std::string title;                        ///< the same as it is
  std::string seeds;                        ///< "3", or "2 (1 failed)"
  std::map<std::string, std::string> axes;  ///< "fit.iterations" -> "20", as TOML writes it
  /// Where all cells of the row found the same to the last bit: the one that counts, and how many
  /// there are. Else 0.
  std::int64_t only_cell = 0;
  int copies = 0;
  bool is_baseline = false;
  bool is_supervised = false;  ///< some cell's predictor has learned labels; label and title say so
  std::string trend_title;     ///< of the row that carries the trend of several; "" = none
  std::optional<size_t> baseline;  ///< number of the row that this one is compared with
  std::vector<TableEntry> entries;
};

/// "p = 0.012"; where it could not have been small, with the reason: "p = 1.000 (3 seeds, 36 tests: at
/// least 1.000)".
std::string p_text(const Comparison& comparison);

/// Rows are arms in the file's order, one for each point of the axes; nothing is ever averaged
/// over axes.
struct Table {
  std::string experiment;  ///< "ablation_size, ablation_rotation" in a table of several
  std::string baseline, trend_axis;
  std::vector<MetricColumn> columns;
  std::vector<TableRow> rows;
};

/// What the intervals of a table were drawn over, equal copies, AP that few labels bound: one sentence each.
std::vector<std::string> remarks_on(const Table& table);

/// Throws UserError for an unknown experiment, metric or baseline (with the nearest name), and for experiments
/// that have no default columns in common, since they evaluate different classes.
Table make_table(const Database& database, const TableSpec& spec);

/// A sentence on cells that the last run asked for and that are not done or failed; "" if none are.
/// A run that was stopped leaves them, with the results of an earlier one out of sight.
std::string what_is_missing(const Database& database, const std::string& experiment);

enum class TableFormat { text, markdown, latex, csv, json };
/// Throws UserError for anything else than the names above.
TableFormat table_format_from(const std::string& name);

/// What a LaTeX table has to fit: a column of a paper of two, or both.
enum class TableWidth { column, page };
/// Throws UserError for anything else than "column" and "page".
TableWidth table_width_from(const std::string& name);

/// - text: exactly what the sqlite3 shell prints for results/queries/table.sql, then notes where a
///   number needs one: equal copies, few seeds, the ceiling of AP.
/// - markdown: with the best in bold, and what the columns mean below.
/// - latex: booktabs tables that compile as they are (packages booktabs and siunitx; fontenc T1) and are
///   no wider than `width`.
/// - csv, json: one line or object for each row and metric, full precision, metrics' own units.
std::string format_table(const Table& table,
                         TableFormat format,
                         TableWidth width = TableWidth::column);

}  // namespace monodr
