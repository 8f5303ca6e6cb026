// SPDX-License-Identifier: Apache-2.0
#include "results/plan_cells.h"

#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"
#include "results/cell_rows.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// Variant and hash of each cell -> its seed.
using Planned = std::map<std::pair<std::int64_t, std::string>, std::int64_t>;

void set_experiment(SQLite::Database& connection,
                    const std::string& experiment,
                    const std::string& question,
                    const std::vector<std::string>& report_metrics) {
  Statement add(connection,
                "INSERT INTO experiment (name, question, report_metrics) VALUES (?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET question = excluded.question, "
                "report_metrics = excluded.report_metrics");
  add.bind(1, experiment);
  add.bind(2, question);
  add.bind(3, nlohmann::json(report_metrics).dump());
  add.exec();
}

// Variants get their place in tables by the order in which they come first.
Planned place_variants(SQLite::Database& connection, const std::vector<CellRecord>& cells) {
  std::map<std::pair<std::string, std::string>, std::int64_t> variants;
  Planned planned;
  Statement place(connection, "UPDATE variant SET position = ?1 WHERE id = ?2 AND position <> ?1");
  for (const CellRecord& record : cells) {
    const auto [entry, is_new] = variants.try_emplace({record.arm, axes_json(record)}, 0);
    if (is_new) {
      entry->second = variant_row(connection, record);
      place.bind(1, static_cast<std::int64_t>(variants.size()));
      place.bind(2, entry->second);
      place.exec();
      place.reset();
    }
    planned[{entry->second, record.id}] = record.seed;
  }
  return planned;
}

// An arm or an axis that got another name asks for a cell that is there already, elsewhere.
void move_renamed(SQLite::Database& connection,
                  const Planned& planned,
                  const std::string& experiment) {
  Statement rows(connection,
                 "SELECT cell.id, variant, hash FROM cell JOIN variant ON variant.id = "
                 "cell.variant JOIN experiment ON experiment.id = variant.experiment "
                 "WHERE experiment.name = ? AND state <> 'missing'");
  rows.bind(1, experiment);
  std::set<std::pair<std::int64_t, std::string>> present;
  std::map<std::string, std::int64_t> unplanned;
  while (rows.executeStep()) {
    const std::pair<std::int64_t, std::string> place{rows.getColumn(1).getInt64(),
                                                     rows.getColumn(2)};
    if (planned.count(place) > 0)
      present.insert(place);
    else
      unplanned[place.second] = rows.getColumn(0);
  }
  Statement clear(connection, "DELETE FROM cell WHERE variant = ? AND hash = ?");
  Statement move(connection, "UPDATE cell SET variant = ? WHERE id = ?");
  for (const auto& [place, seed] : planned) {
    const auto found = unplanned.find(place.second);
    if (found == unplanned.end() || present.count(place) > 0) continue;
    clear.bind(1, place.first);  // that it is missing there
    clear.bind(2, place.second);
    clear.exec();
    clear.reset();
    move.bind(1, place.first);
    move.bind(2, found->second);
    move.exec();
    move.reset();
  }
}

// Cells that were never started are rows too: `runexp status` tells of them without the file.
void add_missing(SQLite::Database& connection, const Planned& planned) {
  Statement add(connection,
                "INSERT INTO cell (variant, hash, seed, state) VALUES (?, ?, ?, 'missing') "
                "ON CONFLICT (hash, variant) DO NOTHING");
  for (const auto& [place, seed] : planned) {
    add.bind(1, place.first);
    add.bind(2, place.second);
    add.bind(3, seed);
    add.exec();
    add.reset();
  }
}

/// Makes exactly these (variant, hash) current and forgets others that were never started; touches
/// only rows that change.
void count_only(SQLite::Database& connection,
                const Planned& planned,
                const std::string& experiment) {
  Statement rows(connection,
                 "SELECT cell.id, variant, hash, is_current FROM cell JOIN variant ON variant.id = "
                 "cell.variant JOIN experiment ON experiment.id = variant.experiment "
                 "WHERE experiment.name = ?");
  rows.bind(1, experiment);
  std::map<std::int64_t, int> changes;
  while (rows.executeStep()) {
    const int is_current = planned.count({rows.getColumn(1).getInt64(), rows.getColumn(2)}) > 0;
    if (rows.getColumn(3).getInt() != is_current) changes[rows.getColumn(0)] = is_current;
  }
  Statement update(connection, "UPDATE cell SET is_current = ? WHERE id = ?");
  for (const auto& [cell, is_current] : changes) {
    update.bind(1, is_current);
    update.bind(2, cell);
    update.exec();
    update.reset();
  }
  Statement forget(connection,
                   "DELETE FROM cell WHERE state = 'missing' AND pid IS NULL AND NOT is_current "
                   "AND variant IN (SELECT variant.id FROM variant JOIN experiment ON "
                   "experiment.id = variant.experiment WHERE experiment.name = ?)");
  forget.bind(1, experiment);
  forget.exec();
}

}  // namespace

void plan_cells(SQLite::Database& connection,
                const std::string& experiment,
                const std::string& question,
                const std::vector<std::string>& report_metrics,
                const std::vector<CellRecord>& cells) {
  for (const CellRecord& record : cells)
    MONODR_CHECK(record.experiment == experiment, "cell of '{}'", record.experiment);
  set_experiment(connection, experiment, question, report_metrics);
  const Planned planned = place_variants(connection, cells);
  move_renamed(connection, planned, experiment);
  add_missing(connection, planned);
  count_only(connection, planned, experiment);
}

}  // namespace monodr
