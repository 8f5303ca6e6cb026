// SPDX-License-Identifier: Apache-2.0
#include "results/contrast.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <map>

#include "metrics/metric_definitions.h"
#include "results/object_frames.h"
#include "results/shared_seeds.h"

namespace monodr {
namespace {

template <typename Value>
using BySeed = std::map<std::int64_t, Value>;

template <typename Value>
std::vector<std::vector<const Value*>> shared(const std::vector<BySeed<Value>>& rows) {
  std::vector<const BySeed<Value>*> sides;
  for (const BySeed<Value>& row : rows) sides.push_back(&row);
  return by_shared_seed(sides);
}

std::optional<PairedDifference> over_frames(const Database& database,
                                            const std::vector<const TableRow*>& rows,
                                            const std::vector<double>& weights,
                                            const MetricColumn& column) {
  const MetricDefinition* metric = find_metric(column.metric);
  if (metric == nullptr || !metric->is_of_objects()) return std::nullopt;
  std::vector<BySeed<ObjectFrames>> frames;
  for (const TableRow* row : rows)
    frames.push_back(
        object_frames(database, row->variant, *metric, column.difficulty, row->only_cell));
  return object_contrast(*metric, shared(frames), weights);
}

BySeed<double> values_by_seed(const Database& database,
                              const TableRow& row,
                              std::int64_t metric,
                              bool is_cost) {
  SQLite::Statement found(
      database.connection(),
      "SELECT seed, value FROM cell JOIN metric ON metric.cell = cell.id WHERE state = 'done' AND "
      "is_current AND variant = ?1 AND metric = ?2 AND value IS NOT NULL AND ?3 IN (0, cell.id)");
  found.bind(1, row.variant);
  found.bind(2, metric);
  found.bind(3, is_cost ? 0 : row.only_cell);
  BySeed<double> values;
  while (found.executeStep()) values[found.getColumn(0)] = found.getColumn(1);
  return values;
}

PairedDifference over_seeds(const Database& database,
                            const std::vector<const TableRow*>& rows,
                            const std::vector<double>& weights,
                            size_t column,
                            bool is_cost) {
  std::vector<BySeed<double>> values;
  for (const TableRow* row : rows)
    values.push_back(values_by_seed(database, *row, row->entries[column].metric, is_cost));
  std::vector<double> contrasts;
  for (const auto& sides : shared(values)) {
    contrasts.push_back(0);
    for (size_t side = 0; side < sides.size(); ++side)
      contrasts.back() += weights[side] * *sides[side];
  }
  return paired_difference(contrasts, std::vector<double>(contrasts.size(), 0));
}

}  // namespace

Comparison row_contrast(const Database& database,
                        const std::vector<const TableRow*>& rows,
                        const std::vector<double>& weights,
                        size_t column,
                        const MetricColumn& metric) {
  if (const auto contrast = over_frames(database, rows, weights, metric))
    return {*contrast, 1, 1, "frames"};
  return {
      over_seeds(database, rows, weights, column, is_cost_of_a_run(metric.unit)), 1, 1, "seeds"};
}

void correct_by_holm(const std::vector<Comparison*>& comparisons) {
  std::vector<double> p_values;
  for (const Comparison* comparison : comparisons) p_values.push_back(comparison->difference.p);
  const std::vector<double> corrected = holm_corrected(p_values), factors = holm_factors(p_values);
  for (size_t i = 0; i < comparisons.size(); ++i) {
    comparisons[i]->holm_p = corrected[i];
    comparisons[i]->holm_factor = factors[i];
  }
}

}  // namespace monodr
