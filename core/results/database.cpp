// SPDX-License-Identifier: Apache-2.0
#include "results/database.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "results/open_database.h"
#include "results/process_identity.h"
#include "results/take_in.h"

namespace monodr {
namespace {

using SQLite::Statement;

std::string axes_json(const CellRecord& record) {
  const auto replace = nlohmann::json::error_handler_t::replace;
  return nlohmann::json(record.axes).dump(-1, ' ', false, replace);
}

std::string state_of(const Statement& row, const std::string& this_host) {
  const std::string state = row.getColumn(1).getString();
  if (!row.getColumn(2).isNull()) {
    const bool alive = row.getColumn(4).getString() != this_host ||
                       process_identity(row.getColumn(2)) == row.getColumn(3).getString();
    if (alive) return "running";
    if (state == "missing") return "interrupted";
  }
  return state;
}

}  // namespace

Database::Database(const std::string& file, Access access) : file_(file) {
  guarded([&] { connection_ = open_database(file, access == Access::read_only); });
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

void Database::guarded(const std::function<void()>& action) const {
  try {
    action();
  } catch (const SQLite::Exception& error) {
    throw_for_user(file_, error);
  }
}

void Database::write(const std::function<void()>& action) {
  guarded([&] {
    SQLite::Transaction transaction(*connection_, SQLite::TransactionBehavior::IMMEDIATE);
    action();
    transaction.commit();
  });
}

std::int64_t Database::variant_of(const CellRecord& record) {
  const std::string axes = axes_json(record);
  Statement add_experiment(*connection_,
                           "INSERT INTO experiment (name) VALUES (?) ON CONFLICT DO NOTHING");
  add_experiment.bind(1, record.experiment);
  add_experiment.exec();
  Statement add(*connection_,
                "INSERT INTO variant (experiment, arm, axes, arm_order, position) "
                "SELECT id, ?2, ?3, ?4, (SELECT coalesce(max(position) + 1, 0) FROM variant "
                "WHERE experiment = experiment.id) FROM experiment WHERE name = ?1 "
                "ON CONFLICT (experiment, arm, axes) DO UPDATE SET arm_order = excluded.arm_order "
                "RETURNING id");
  add.bind(1, record.experiment);
  add.bind(2, record.arm);
  add.bind(3, axes);
  add.bind(4, record.arm_order);
  add.executeStep();
  const std::int64_t variant = add.getColumn(0);
  while (add.executeStep()) {
  }
  return variant;
}

std::int64_t Database::cell_of(const CellRecord& record) {
  Statement add(*connection_,
                "INSERT INTO cell (variant, hash, seed, state, is_current) "
                "VALUES (?, ?, ?, 'missing', 0) "
                "ON CONFLICT (hash, variant) DO UPDATE SET seed = excluded.seed RETURNING id");
  add.bind(1, variant_of(record));
  add.bind(2, record.id);
  add.bind(3, record.seed);
  add.executeStep();
  const std::int64_t cell = add.getColumn(0);
  while (add.executeStep()) {
  }
  return cell;
}

void Database::plan(const std::string& experiment,
                    const std::string& question,
                    const std::vector<CellRecord>& cells) {
  write([&] {
    Statement add(*connection_,
                  "INSERT INTO experiment (name, question) VALUES (?, ?) "
                  "ON CONFLICT (name) DO UPDATE SET question = excluded.question");
    add.bind(1, experiment);
    add.bind(2, question);
    add.exec();
    std::map<std::pair<std::string, std::string>, std::int64_t> variants;
    Planned planned;
    Statement place(*connection_,
                    "UPDATE variant SET position = ?1 WHERE id = ?2 AND position <> ?1");
    for (const CellRecord& record : cells) {
      MONODR_CHECK(record.experiment == experiment, "cell of '{}'", record.experiment);
      const auto [entry, is_new] = variants.try_emplace({record.arm, axes_json(record)}, 0);
      if (is_new) {
        entry->second = variant_of(record);
        place.bind(1, static_cast<std::int64_t>(variants.size()));
        place.bind(2, entry->second);
        place.exec();
        place.reset();
      }
      planned[{entry->second, record.id}] = record.seed;
    }
    move_renamed(planned, experiment);
    add_missing(planned);
    count_only(planned, experiment);
  });
}

// An arm or an axis that got another name asks for a cell that is there already, elsewhere.
void Database::move_renamed(const Planned& planned, const std::string& experiment) {
  Statement rows(*connection_,
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
  Statement clear(*connection_, "DELETE FROM cell WHERE variant = ? AND hash = ?");
  Statement move(*connection_, "UPDATE cell SET variant = ? WHERE id = ?");
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
void Database::add_missing(const Planned& planned) {
  Statement add(*connection_,
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
void Database::count_only(const Planned& planned, const std::string& experiment) {
  Statement rows(*connection_,
                 "SELECT cell.id, variant, hash, is_current FROM cell JOIN variant ON variant.id = "
                 "cell.variant JOIN experiment ON experiment.id = variant.experiment "
                 "WHERE experiment.name = ?");
  rows.bind(1, experiment);
  std::map<std::int64_t, int> changes;
  while (rows.executeStep()) {
    const int is_current = planned.count({rows.getColumn(1).getInt64(), rows.getColumn(2)}) > 0;
    if (rows.getColumn(3).getInt() != is_current) changes[rows.getColumn(0)] = is_current;
  }
  Statement update(*connection_, "UPDATE cell SET is_current = ? WHERE id = ?");
  for (const auto& [cell, is_current] : changes) {
    update.bind(1, is_current);
    update.bind(2, cell);
    update.exec();
    update.reset();
  }
  Statement forget(*connection_,
                   "DELETE FROM cell WHERE state = 'missing' AND pid IS NULL AND NOT is_current "
                   "AND variant IN (SELECT variant.id FROM variant JOIN experiment ON "
                   "experiment.id = variant.experiment WHERE experiment.name = ?)");
  forget.bind(1, experiment);
  forget.exec();
}

bool Database::mark_running(const CellRecord& record, int pid) {
  bool marked = false;
  write([&] {
    const std::int64_t cell = cell_of(record);
    Statement find(*connection_, "SELECT hash, state, pid, process, host FROM cell WHERE id = ?");
    find.bind(1, cell);
    find.executeStep();
    if (state_of(find, host_name()) == "running" && find.getColumn(2).getInt() != pid) return;
    find.reset();
    Statement mark(*connection_,
                   "UPDATE cell SET pid = ?, process = ?, host = ?, "
                   "started = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?");
    mark.bind(1, pid);
    mark.bind(2, process_identity(pid));
    mark.bind(3, host_name());
    mark.bind(4, cell);
    mark.exec();
    marked = true;
  });
  return marked;
}

void Database::release(const CellRecord& record) {
  write([&] {
    const std::int64_t cell = cell_of(record);
    Statement unmark(*connection_,
                     "UPDATE cell SET pid = NULL, process = NULL, host = NULL, "
                     "started = iif(state = 'missing', NULL, started) WHERE id = ?");
    unmark.bind(1, cell);
    unmark.exec();
    Statement remove(*connection_,
                     "DELETE FROM cell WHERE id = ? AND state = 'missing' AND NOT is_current");
    remove.bind(1, cell);
    remove.exec();
  });
}

void Database::take_in(const CellRecord& record, const CellResult& result) {
  MONODR_CHECK(record.id == result.cell, "result of {} for cell {}", result.cell, record.id);
  MONODR_CHECK(result.state == "done" || result.state == "failed", "state '{}'", result.state);
  write([&] {
    const std::int64_t cell = cell_of(record);
    Statement update(*connection_,
                     "UPDATE cell SET state = ?, message = ?, seconds = ?, peak_memory_mb = ?, "
                     "finished = strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), is_current = 1, "
                     "pid = NULL, process = NULL, host = NULL WHERE id = ?");
    update.bind(1, result.state);
    update.bind(2, result.message);
    update.bind(3, result.seconds);
    update.bind(4, result.peak_memory_mb);
    update.bind(5, cell);
    update.exec();
    Statement supersede(*connection_,
                        "UPDATE cell SET is_current = 0 WHERE id <> ?1 AND is_current AND "
                        "(variant, seed) = (SELECT variant, seed FROM cell WHERE id = ?1)");
    supersede.bind(1, cell);
    supersede.exec();
    replace_rows_of_cell(*connection_, cell, record, result);
  });
}

std::unordered_map<std::string, std::string> Database::states(const std::string& experiment) const {
  std::unordered_map<std::string, std::string> states;
  guarded([&] {
    Statement rows(*connection_,
                   "SELECT hash, state, pid, process, cell.host FROM cell JOIN variant "
                   "ON variant.id = cell.variant JOIN experiment ON experiment.id = "
                   "variant.experiment WHERE experiment.name = ?");
    rows.bind(1, experiment);
    const std::string host = host_name();
    while (rows.executeStep()) {
      std::string& state = states[rows.getColumn(0).getString()];
      if (state != "done") state = state_of(rows, host);
    }
  });
  return states;
}

std::string Database::failure_message(const CellRecord& record) const {
  std::string message;
  guarded([&] {
    Statement row(*connection_,
                  "SELECT message FROM cell JOIN variant ON variant.id = cell.variant JOIN "
                  "experiment ON experiment.id = variant.experiment WHERE hash = ? AND "
                  "experiment.name = ? AND arm = ? AND axes = ? AND state = 'failed'");
    row.bind(1, record.id);
    row.bind(2, record.experiment);
    row.bind(3, record.arm);
    row.bind(4, axes_json(record));
    if (row.executeStep()) message = row.getColumn(0).getString();
  });
  return message;
}

std::vector<std::string> Database::experiments() const {
  std::vector<std::string> names;
  guarded([&] {
    Statement rows(*connection_, "SELECT name FROM experiment ORDER BY name");
    while (rows.executeStep()) names.push_back(rows.getColumn(0).getString());
  });
  return names;
}

void Database::require_experiment(const std::string& experiment) const {
  const std::vector<std::string> names = experiments();
  for (const std::string& name : names)
    if (name == experiment) return;
  throw UserError(fmt::format("there are no results of an experiment '{}' in '{}'{}; there: {}",
                              experiment,
                              file_,
                              did_you_mean(experiment, names),
                              names.empty() ? "none" : join(names, ", ")));
}

}  // namespace monodr
