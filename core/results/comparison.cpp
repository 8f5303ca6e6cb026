// SPDX-License-Identifier: Apache-2.0
#include "results/comparison.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <cmath>
#include <map>

#include "base/error.h"
#include "results/columns.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// Values of a pair, in step: [0] of the row, [1] of the baseline.
struct Pairs {
  std::vector<double> value, baseline;
};

Pairs run_pairs(Statement& rows) {
  Pairs pairs;
  while (rows.executeStep()) {
    pairs.value.push_back(number(rows.getColumn(0)));
    pairs.baseline.push_back(number(rows.getColumn(1)));
  }
  return pairs;
}

/// Frame and label -> seed -> what the object contributes to the metric.
using ObjectValues = std::map<std::pair<std::string, int>, std::map<std::int64_t, double>>;

ObjectValues object_values(const Database& database,
                           std::int64_t variant,
                           const MetricDefinition& metric,
                           const std::string& difficulty) {
  // A label counts at its own difficulty and at all harder ones.
  Statement rows(
      database.connection(),
      fmt::format("SELECT frame, label, seed, matched, {} FROM cell JOIN object ON "
                  "object.cell = cell.id WHERE state = 'done' AND is_current AND variant "
                  "= ?1 AND (?2 = '' OR instr('easy moderate hard', difficulty) <= "
                  "instr('easy moderate hard', ?2))",
                  metric.column));
  rows.bind(1, variant);
  rows.bind(2, difficulty);
  ObjectValues values;
  while (rows.executeStep()) {
    ObjectMeasurements object;
    if (metric.column != "matched")
      object.*object_column(metric.column).member = number(rows.getColumn(4));
    values[{rows.getColumn(0).getString(), rows.getColumn(1).getInt()}][rows.getColumn(2)] =
        object_value(metric, rows.getColumn(3).getInt() != 0, object);
  }
  return values;
}

/// Means over the seeds in which the object contributes on both sides.
Pairs object_pairs(const ObjectValues& values, const ObjectValues& baseline) {
  Pairs pairs;
  for (const auto& [object, by_seed] : values) {
    const auto other = baseline.find(object);
    if (other == baseline.end()) continue;
    std::vector<double> ours, theirs;
    for (const auto& [seed, value] : by_seed) {
      const auto found = other->second.find(seed);
      if (found == other->second.end() || std::isnan(value) || std::isnan(found->second)) continue;
      ours.push_back(value);
      theirs.push_back(found->second);
    }
    if (ours.empty()) continue;
    pairs.value.push_back(mean(ours));
    pairs.baseline.push_back(mean(theirs));
  }
  return pairs;
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
  const MetricDefinition* metric = find_metric(column.metric);
  if (metric != nullptr && metric->is_of_objects()) {
    const auto values = [&](std::int64_t variant) {
      return object_values(database, variant, *metric, column.difficulty);
    };
    const Pairs pairs = object_pairs(values(row.variant), values(baseline.variant));
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
