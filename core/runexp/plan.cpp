// SPDX-License-Identifier: Apache-2.0
#include "runexp/plan.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "launch/progress.h"
#include "results/stored_cells.h"

namespace monodr {
namespace {

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

/// "loss mask, the program", or "the data" where all code is the same.
std::string what_changed(const CellRecord& record, const CellRecord& earlier) {
  std::vector<std::string> changed;
  for (const PluginRecord& plugin : record.plugins) {
    const bool is_same =
        std::any_of(earlier.plugins.begin(), earlier.plugins.end(), [&](const PluginRecord& old) {
          return old.kind == plugin.kind && old.name == plugin.name &&
                 old.file_hash == plugin.file_hash;
        });
    if (!is_same) changed.push_back(plugin.kind + " " + plugin.name);
  }
  if (earlier.code_hash != record.code_hash) changed.push_back("the program");
  return changed.empty() ? "the data" : join(changed, ", ");
}

}  // namespace

std::unordered_map<std::string, StaleCell> stale_cells(
    const Plan& plan,
    const std::unordered_map<std::string, std::string>& states,
    const Database& database) {
  std::unordered_map<std::string, StaleCell> stale;
  std::optional<std::unordered_map<std::string, StoredCell>> finished;
  for (const CellRecord& record : plan.records) {
    const auto state = states.find(record.id);
    if (state != states.end() && state->second != "missing") continue;
    if (!finished) {
      finished.emplace();
      for (StoredCell& cell : finished_cells(database, plan.experiment.name))
        (*finished)[same_settings_key(cell.arm, cell.seed, cell.config)] = std::move(cell);
    }
    const auto earlier = finished->find(same_settings_key(record.arm, record.seed, record.config));
    if (earlier != finished->end())
      stale[record.id] = {what_changed(record, code_of(database, earlier->second.id)),
                          earlier->second.hash};
  }
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

std::vector<double> expected_seconds(const std::vector<CellRecord>& cells,
                                     const Database* database) {
  std::map<std::string, double> seconds;
  if (database != nullptr && !cells.empty())
    seconds = mean_seconds(*database, cells.front().experiment);
  std::vector<double> all;
  for (const CellRecord& cell : cells) all.push_back(expected(seconds, cell.arm));
  return all;
}

std::string format_dry_run(const Plan& plan,
                           const std::unordered_map<std::string, std::string>& states,
                           const Database* database,
                           int jobs) {
  std::map<std::string, double> seconds;
  if (database != nullptr) seconds = mean_seconds(*database, plan.experiment.name);
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
  if (const std::string note = spared_seeds_note(plan.cells); !note.empty())
    text += "\n" + note + ";";
  if (to_run == 0) return text + " nothing to run\n";
  if (!known) return text + " no earlier times to go by\n";
  return text + fmt::format(" about {} with {} worker{}\n",
                            duration_text(total / jobs),
                            jobs,
                            jobs == 1 ? "" : "s");
}

}  // namespace monodr
