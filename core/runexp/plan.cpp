// SPDX-License-Identifier: Apache-2.0
#include "runexp/plan.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "experiment/progress.h"

namespace monodr {
namespace {

/// Mean time of the finished cells of each arm; under "" that of all.
std::map<std::string, double> mean_seconds(const Plan& plan, const Database* database) {
  std::map<std::string, double> seconds;
  if (database == nullptr) return seconds;
  database->guarded([&] {
    SQLite::Statement rows(database->connection(),
                           "SELECT arm, avg(seconds) FROM v_cells WHERE experiment = ?1 AND state "
                           "= 'done' GROUP BY arm UNION ALL SELECT '', avg(seconds) FROM v_cells "
                           "WHERE experiment = ?1 AND state = 'done'");
    rows.bind(1, plan.experiment.name);
    while (rows.executeStep())
      if (!rows.getColumn(1).isNull()) seconds[rows.getColumn(0).getString()] = rows.getColumn(1);
  });
  return seconds;
}

double expected(const std::map<std::string, double>& seconds, const std::string& arm) {
  const auto of_arm = seconds.find(arm);
  if (of_arm != seconds.end()) return of_arm->second;
  const auto of_all = seconds.find("");
  return of_all == seconds.end() ? -1 : of_all->second;
}

/// Cells that are missing although the same configuration was run: a plugin's file or the data
/// changed since. id of the cell -> what changed.
std::unordered_map<std::string, std::string> stale_cells(const Plan& plan,
                                                         const Database* database) {
  std::unordered_map<std::string, std::string> stale;
  if (database == nullptr) return stale;
  database->guarded([&] {
    SQLite::Statement earlier(
        database->connection(),
        "SELECT cell.id FROM cell JOIN config ON config.cell = cell.id JOIN variant ON variant.id "
        "= cell.variant JOIN experiment ON experiment.id = variant.experiment WHERE "
        "experiment.name = ? AND arm = ? AND seed = ? AND state = 'done' AND hash <> ? AND "
        "json(config.json) = json(?) ORDER BY cell.id DESC LIMIT 1");
    SQLite::Statement hash(database->connection(),
                           "SELECT file_hash FROM plugin WHERE cell = ? AND kind = ? AND name = ?");
    for (const CellRecord& record : plan.records) {
      earlier.reset();
      earlier.bind(1, record.experiment);
      earlier.bind(2, record.arm);
      earlier.bind(3, record.seed);
      earlier.bind(4, record.id);
      earlier.bind(5, record.config);
      if (!earlier.executeStep()) continue;
      std::string changed;
      for (const PluginRecord& plugin : record.plugins) {
        hash.reset();
        hash.bind(1, earlier.getColumn(0).getInt64());
        hash.bind(2, plugin.kind);
        hash.bind(3, plugin.name);
        if (!hash.executeStep() || hash.getColumn(0).getString() != plugin.file_hash)
          changed += (changed.empty() ? "" : ", ") + plugin.kind + " " + plugin.name;
      }
      stale[record.id] = changed.empty() ? "the data" : changed;
    }
  });
  return stale;
}

}  // namespace

std::string format_dry_run(const Plan& plan,
                           const std::unordered_map<std::string, std::string>& states,
                           const Database* database,
                           int jobs) {
  const auto seconds = mean_seconds(plan, database);
  const auto stale = stale_cells(plan, database);
  std::map<std::string, int> counts;
  double total = 0;
  bool known = true;
  std::string text = fmt::format("{:<12}  {:<11}  {:>8}  cell\n", "id", "state", "time");
  for (const Cell& cell : plan.cells) {
    const auto found = states.find(cell.id);
    const auto changed = stale.find(cell.id);
    std::string state = found == states.end() ? "missing" : found->second;
    std::string remark;
    if (state == "missing" && changed != stale.end()) {
      state = "stale";
      remark = fmt::format("  (changed: {})", changed->second);
    }
    ++counts[state];
    std::string time;
    if (state != "done" && state != "failed") {
      const double guess = expected(seconds, cell.arm);
      known = known && guess >= 0;
      total += std::max(guess, 0.0);
      time = guess >= 0 ? duration_text(guess) : "?";
    }
    text += fmt::format(
        "{}  {:<11}  {:>8}  {}{}\n", cell.short_id(), state, time, describe(cell), remark);
  }
  text += fmt::format("{} cells:", plan.cells.size());
  for (const auto& [state, count] : counts) text += fmt::format(" {} {},", count, state);
  text.back() = ';';
  if (!known) return text + " no earlier times to go by\n";
  return text + fmt::format(" about {} with {} workers\n", duration_text(total / jobs), jobs);
}

}  // namespace monodr
