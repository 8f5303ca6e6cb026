// SPDX-License-Identifier: Apache-2.0
#include "runexp/plan.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "launch/progress.h"

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

std::string same_settings_key(const std::string& arm,
                              std::int64_t seed,
                              const std::string& config) {
  return fmt::format("{}\n{}\n{}", arm, seed, config);
}

/// Finished cells of the experiment by arm, seed and configuration.
struct FinishedCell {
  std::int64_t row = 0;
  std::string id;
};

std::unordered_map<std::string, FinishedCell> finished_cells(const Plan& plan,
                                                             const Database& database) {
  std::unordered_map<std::string, FinishedCell> cells;
  SQLite::Statement rows(
      database.connection(),
      "SELECT cell.id, hash, arm, seed, config.json FROM cell JOIN config ON config.cell = cell.id "
      "JOIN variant ON variant.id = cell.variant JOIN experiment ON experiment.id = "
      "variant.experiment WHERE experiment.name = ? AND state = 'done' ORDER BY finished, cell.id");
  rows.bind(1, plan.experiment.name);
  while (rows.executeStep())
    cells[same_settings_key(rows.getColumn(2), rows.getColumn(3), rows.getColumn(4))] = {
        rows.getColumn(0).getInt64(), rows.getColumn(1).getString()};
  return cells;
}

std::string code_hash_of(std::int64_t row, const Database& database) {
  SQLite::Statement hash(database.connection(),
                         "SELECT value FROM provenance JOIN text ON text.id = provenance.text "
                         "WHERE cell = ? AND key = 'code_hash'");
  hash.bind(1, row);
  return hash.executeStep() ? hash.getColumn(0).getString() : "";
}

/// "loss mask, the program", or "the data" where all code is the same.
std::string what_changed(const CellRecord& record, std::int64_t earlier, const Database& database) {
  SQLite::Statement hash(database.connection(),
                         "SELECT file_hash FROM plugin WHERE cell = ? AND kind = ? AND name = ?");
  std::vector<std::string> changed;
  for (const PluginRecord& plugin : record.plugins) {
    hash.reset();
    hash.bind(1, earlier);
    hash.bind(2, plugin.kind);
    hash.bind(3, plugin.name);
    if (!hash.executeStep() || hash.getColumn(0).getString() != plugin.file_hash)
      changed.push_back(plugin.kind + " " + plugin.name);
  }
  if (code_hash_of(earlier, database) != record.code_hash) changed.push_back("the program");
  return changed.empty() ? "the data" : join(changed, ", ");
}

}  // namespace

std::unordered_map<std::string, StaleCell> stale_cells(
    const Plan& plan,
    const std::unordered_map<std::string, std::string>& states,
    const Database& database) {
  std::unordered_map<std::string, StaleCell> stale;
  database.guarded([&] {
    std::optional<std::unordered_map<std::string, FinishedCell>> finished;
    for (const CellRecord& record : plan.records) {
      const auto state = states.find(record.id);
      if (state != states.end() && state->second != "missing") continue;
      if (!finished) finished = finished_cells(plan, database);
      const auto earlier =
          finished->find(same_settings_key(record.arm, record.seed, record.config));
      if (earlier != finished->end())
        stale[record.id] = {what_changed(record, earlier->second.row, database),
                            earlier->second.id};
    }
  });
  return stale;
}

void accept_stale(Plan& plan, const std::unordered_map<std::string, StaleCell>& stale) {
  for (size_t i = 0; i < plan.records.size(); ++i) {
    const auto found = stale.find(plan.records[i].id);
    if (found == stale.end()) continue;
    plan.records[i].id = found->second.earlier;
    plan.cells[i].id = found->second.earlier;
  }
}

std::string format_dry_run(const Plan& plan,
                           const std::unordered_map<std::string, std::string>& states,
                           const Database* database,
                           int jobs) {
  const auto seconds = mean_seconds(plan, database);
  std::unordered_map<std::string, StaleCell> stale;
  if (database != nullptr) stale = stale_cells(plan, states, *database);
  std::map<std::string, int> counts;
  double total = 0;
  bool known = true;
  int to_run = 0;
  std::string text = fmt::format("{:<12}  {:<11}  {:>8}  cell\n", "id", "state", "time");
  for (const Cell& cell : plan.cells) {
    const auto found = states.find(cell.id);
    const auto changed = stale.find(cell.id);
    std::string state = found == states.end() ? "missing" : found->second;
    std::string remark;
    if (state == "missing" && changed != stale.end()) {
      state = "stale";
      remark = fmt::format("  (changed: {})", changed->second.changed);
    }
    ++counts[state];
    std::string time;
    if (state != "done" && state != "failed") {
      ++to_run;
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
  if (to_run == 0) return text + " nothing to run\n";
  if (!known) return text + " no earlier times to go by\n";
  return text + fmt::format(" about {} with {} worker{}\n",
                            duration_text(total / jobs),
                            jobs,
                            jobs == 1 ? "" : "s");
}

}  // namespace monodr
