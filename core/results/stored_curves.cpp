// SPDX-License-Identifier: Apache-2.0
#include "results/stored_curves.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include "results/columns.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// Variant -> place of its row in the experiment's table, from 0.
std::map<std::int64_t, size_t> places_of_rows(const Database& database,
                                              const std::string& experiment) {
  std::map<std::int64_t, size_t> places;
  Statement rows(database.connection(),
                 "SELECT variant FROM v_rows WHERE experiment = ? ORDER BY arm_order, position");
  rows.bind(1, experiment);
  while (rows.executeStep()) places.emplace(rows.getColumn(0).getInt64(), places.size());
  return places;
}

std::string row_label(const std::string& arm, const std::string& point) {
  return point.empty() ? arm : arm + ", " + point;
}

}  // namespace

std::int64_t version_of(const Database& database) {
  std::int64_t version = 0;
  database.guarded(
      [&] { version = database.connection().execAndGet("PRAGMA data_version").getInt64(); });
  return version;
}

std::vector<std::string> series_names(const Database& database, const std::string& experiment) {
  std::vector<std::string> names;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT DISTINCT series FROM v_series WHERE experiment = ? "
                   "ORDER BY series <> 'loss.total', series");
    rows.bind(1, experiment);
    while (rows.executeStep()) names.push_back(rows.getColumn(0).getString());
  });
  return names;
}

std::vector<RowSeries> series_of_rows(const Database& database,
                                      const std::string& experiment,
                                      const std::string& series) {
  std::map<size_t, RowSeries> by_place;
  database.guarded([&] {
    const auto place_of_variant = places_of_rows(database, experiment);
    Statement rows(database.connection(),
                   "SELECT v.id, v.arm, v.point, step, value FROM v_variants AS v JOIN cell "
                   "ON cell.variant = v.id AND is_current AND state = 'done' JOIN series ON "
                   "series.cell = cell.id JOIN series_name AS n ON n.id = series.series WHERE "
                   "v.experiment = ? AND n.name = ? AND value IS NOT NULL");
    rows.bind(1, experiment);
    rows.bind(2, series);
    while (rows.executeStep()) {
      const auto place = place_of_variant.find(rows.getColumn(0));
      if (place == place_of_variant.end()) continue;
      RowSeries& row = by_place[place->second];
      row.place = place->second;
      row.label = row_label(rows.getColumn(1), rows.getColumn(2));
      row.values[rows.getColumn(3)].push_back(rows.getColumn(4));
    }
  });
  std::vector<RowSeries> all;
  for (auto& [place, row] : by_place) all.push_back(std::move(row));
  return all;
}

std::vector<RowHeadings> headings_of_rows(const Database& database, const std::string& experiment) {
  std::map<int, RowHeadings> by_position;
  database.guarded([&] {
    Statement rows(database.connection(),
                   "SELECT v.position, v.arm, v.point, degrees(coalesce(heading_turn, "
                   "heading_error)) FROM v_variants AS v JOIN cell ON cell.variant = v.id AND "
                   "is_current AND state = 'done' JOIN object ON object.cell = cell.id WHERE "
                   "v.experiment = ?");
    rows.bind(1, experiment);
    while (rows.executeStep()) {
      RowHeadings& row = by_position[rows.getColumn(0)];
      row.label = row_label(rows.getColumn(1), rows.getColumn(2));
      row.degrees.push_back(number(rows.getColumn(3)));
    }
  });
  std::vector<RowHeadings> all;
  for (auto& [position, row] : by_position) all.push_back(std::move(row));
  return all;
}

}  // namespace monodr
