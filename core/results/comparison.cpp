// SPDX-License-Identifier: Apache-2.0
#include "results/comparison.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// The number of one object, in SQL over table `object`; "" for metrics that have none. NULL leaves
/// the object out: see LabelOutcome and PoseSummary for which metrics count misses.
std::string object_expression(const std::string& metric) {
  static const std::map<std::string, std::string> expressions = {
      {"heading_error_median", "degrees(heading_error)"},
      {"heading_within_10", "coalesce(degrees(heading_error) < 10, 0)"},
      {"heading_within_30", "coalesce(degrees(heading_error) < 30, 0)"},
      {"heading_flipped", "degrees(heading_error) > 150"},
      {"heading_quarter_turned", "degrees(heading_error) BETWEEN 45 AND 135"},
      {"location_error_median", "location_error"},
      {"size_error_mean", "size_error"},
      {"recall", "matched"},
      {"bev_overlap_50", "coalesce(bev_overlap >= 0.5, 0)"},
      {"bev_overlap_70", "coalesce(bev_overlap >= 0.7, 0)"},
      {"volume_overlap_50", "coalesce(volume_overlap >= 0.5, 0)"},
      {"volume_overlap_70", "coalesce(volume_overlap >= 0.7, 0)"}};
  const auto found = expressions.find(metric);
  return found == expressions.end() ? "" : found->second;
}

/// Values of a pair, in step: [0] of the row, [1] of the baseline.
struct Pairs {
  std::vector<double> value, baseline;
};

double number(const SQLite::Column& column) {
  return column.isNull() ? std::numeric_limits<double>::quiet_NaN() : column.getDouble();
}

Pairs run_pairs(Statement& rows) {
  Pairs pairs;
  while (rows.executeStep()) {
    pairs.value.push_back(number(rows.getColumn(0)));
    pairs.baseline.push_back(number(rows.getColumn(1)));
  }
  return pairs;
}

Pairs object_pairs(const Database& database,
                   std::int64_t variant,
                   std::int64_t baseline,
                   const std::string& object_expression,
                   const std::string& difficulty) {
  // A label counts at its own difficulty and at all harder ones.
  Statement rows(
      database.connection(),
      fmt::format("WITH v AS (SELECT variant, seed, frame, label, CAST({} AS REAL) AS value "
                  "FROM cell JOIN object ON object.cell = cell.id "
                  "WHERE state = 'done' AND is_current AND variant IN (?1, ?2) AND (?3 = '' OR "
                  "instr('easy moderate hard', difficulty) <= instr('easy moderate hard', ?3))) "
                  "SELECT avg(a.value), avg(b.value) FROM v AS a JOIN v AS b "
                  "USING (frame, label, seed) WHERE a.variant = ?1 AND b.variant = ?2 "
                  "AND a.value IS NOT NULL AND b.value IS NOT NULL "
                  "GROUP BY frame, label ORDER BY frame, label",
                  object_expression));
  rows.bind(1, variant);
  rows.bind(2, baseline);
  rows.bind(3, difficulty);
  return run_pairs(rows);
}

Pairs seed_pairs(const Database& database,
                 std::int64_t variant,
                 std::int64_t baseline,
                 std::int64_t metric) {
  Statement rows(database.connection(),
                 "WITH v AS (SELECT variant, seed, value FROM cell JOIN metric "
                 "ON metric.cell = cell.id WHERE state = 'done' AND is_current AND metric = ?3) "
                 "SELECT a.value, b.value FROM v AS a JOIN v AS b USING (seed) "
                 "WHERE a.variant = ?1 AND b.variant = ?2 ORDER BY seed");
  rows.bind(1, variant);
  rows.bind(2, baseline);
  rows.bind(3, metric);
  return run_pairs(rows);
}

Comparison compare(const Database& database,
                   const VariantComparison& compare_frames,
                   const TableRow& row,
                   const TableRow& baseline,
                   size_t c,
                   const MetricColumn& column) {
  const std::string expression = object_expression(column.metric);
  if (!expression.empty()) {
    const Pairs pairs =
        object_pairs(database, row.variant, baseline.variant, expression, column.difficulty);
    if (!pairs.value.empty()) return {paired_difference(pairs.value, pairs.baseline), 1, "objects"};
  }
  if (compare_frames)
    if (const auto difference = compare_frames(row.variant, baseline.variant, column))
      return {*difference, 1, "frames"};
  const Pairs pairs = seed_pairs(database, row.variant, baseline.variant, row.entries[c].metric);
  return {paired_difference(pairs.value, pairs.baseline), 1, "seeds"};
}

}  // namespace

void add_comparisons(const Database& database,
                     const VariantComparison& compare_frames,
                     Table& table) {
  std::vector<Comparison*> made;
  std::vector<double> p_values;
  for (TableRow& row : table.rows) {
    if (row.arm == table.baseline) continue;
    for (const TableRow& baseline : table.rows) {
      if (baseline.arm != table.baseline || baseline.point != row.point) continue;
      for (size_t c = 0; c < table.columns.size(); ++c) {
        TableEntry& entry = row.entries[c];
        if (entry.shown.empty() || baseline.entries[c].shown.empty()) continue;
        entry.comparison = compare(database, compare_frames, row, baseline, c, table.columns[c]);
        made.push_back(&*entry.comparison);
        p_values.push_back(entry.comparison->difference.p);
      }
    }
  }
  const std::vector<double> corrected = holm_corrected(p_values);
  for (size_t i = 0; i < made.size(); ++i) made[i]->holm_p = corrected[i];
}

}  // namespace monodr
