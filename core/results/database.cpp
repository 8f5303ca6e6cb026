// SPDX-License-Identifier: Apache-2.0
#include "results/database.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "base/error.h"
#include "base/file_system.h"
#include "base/text.h"
#include "results/cell_rows.h"
#include "results/import_result.h"
#include "results/open_database.h"
#include "results/plan_cells.h"
#include "results/process_identity.h"

namespace monodr {
namespace {

using SQLite::Statement;

/// Columns: hash, state, pid, process, host, lease_until.
std::string state_of(const Statement& row, const std::string& this_host, std::int64_t now) {
  const std::string state = row.getColumn(1).getString();
  if (row.getColumn(2).isNull()) return state;
  const bool is_here = row.getColumn(4).getString() == this_host;
  const bool lasts = row.getColumn(5).isNull() || row.getColumn(5).getInt64() > now;
  const bool alive =
      is_here ? process_identity(row.getColumn(2)) == row.getColumn(3).getString() : lasts;
  if (alive) return "running";
  return state == "missing" ? "interrupted" : state;
}

// Where a mark that is a cluster's job has the name of a host: no host can have this one.
constexpr const char* kJobHost = "a cluster's job";

/// For as long as it lives, rows of whose owners the writer made sure are not looked up again.
class WithoutForeignKeys {
 public:
  explicit WithoutForeignKeys(SQLite::Database& connection) : connection_(connection) {
    connection_.exec("PRAGMA foreign_keys = OFF");
  }
  ~WithoutForeignKeys() { connection_.tryExec("PRAGMA foreign_keys = ON"); }
  WithoutForeignKeys(const WithoutForeignKeys&) = delete;
  WithoutForeignKeys& operator=(const WithoutForeignKeys&) = delete;

 private:
  SQLite::Database& connection_;
};

void put(ResultWriter& writer, const CellRecord& record, const CellResult& result) {
  MONODR_CHECK(record.id == result.cell, "result of {} for cell {}", result.cell, record.id);
  MONODR_CHECK(result.state == "done" || result.state == "failed", "state '{}'", result.state);
  writer.replace(record, result);
}

// Of many results at once: pages of the file kept at hand, KB, and those written before they are moved into the file.
constexpr int bulk_cache_kb = 65536;
constexpr int bulk_pages = 16384;

}  // namespace

Database::Database(const std::string& file, Access access)
    : file_(file), clock_([] { return static_cast<std::int64_t>(std::time(nullptr)); }) {
  guarded([&] { connection_ = open_database(file, access == Access::read_only); });
}

Database::Database(std::string file, std::unique_ptr<SQLite::Database> connection)
    : file_(std::move(file)),
      connection_(std::move(connection)),
      clock_([] { return static_cast<std::int64_t>(std::time(nullptr)); }) {}

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

void Database::plan(const std::string& experiment,
                    const std::string& question,
                    const std::vector<CellRecord>& cells,
                    const std::vector<std::string>& report_metrics) {
  write([&] {
    clear_dead_marks();
    plan_cells(*connection_, experiment, question, report_metrics, cells);
  });
}

// Who was killed between its mark and the look at a result that another had brought in leaves a mark on a cell
// that is done.
void Database::clear_dead_marks() {
  Statement marked(*connection_,
                   "SELECT hash, state, pid, process, host, lease_until, id FROM cell WHERE pid IS "
                   "NOT NULL AND state <> 'missing'");
  Statement clear(*connection_, fmt::format("UPDATE cell SET {} WHERE id = ?", kNoMark));
  std::vector<std::int64_t> dead;
  while (marked.executeStep())
    if (state_of(marked, host_name(), clock_()) != "running") dead.push_back(marked.getColumn(6));
  for (const std::int64_t cell : dead) {
    clear.bind(1, cell);
    clear.exec();
    clear.reset();
  }
}

bool Database::mark_running(const CellRecord& record, int pid, const std::string& launcher) {
  bool marked = false;
  write([&] {
    const std::int64_t cell = cell_row(*connection_, record);
    Statement find(*connection_,
                   "SELECT hash, state, pid, process, host, lease_until FROM cell WHERE id = ?");
    find.bind(1, cell);
    find.executeStep();
    const bool is_own =
        find.getColumn(2).getInt() == pid && find.getColumn(4).getString() == host_name();
    if (state_of(find, host_name(), clock_()) == "running" && !is_own) return;
    find.reset();
    Statement mark(*connection_,
                   "UPDATE cell SET pid = ?, process = ?, host = ?, launcher = ?, lease_until = ?, "
                   "started = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?");
    mark.bind(1, pid);
    mark.bind(2, process_identity(pid));
    mark.bind(3, host_name());
    mark.bind(4, launcher);
    mark.bind(5, clock_() + lease_seconds_);
    mark.bind(6, cell);
    mark.exec();
    marked = true;
  });
  return marked;
}

void Database::renew_leases(int pid) {
  write([&] {
    Statement renew(*connection_, "UPDATE cell SET lease_until = ? WHERE pid = ? AND host = ?");
    renew.bind(1, clock_() + lease_seconds_);
    renew.bind(2, pid);
    renew.bind(3, host_name());
    renew.exec();
  });
}

void Database::renew_lease(const CellRecord& record, std::int64_t alive_at) {
  write([&] {
    Statement renew(*connection_,
                    "UPDATE cell SET lease_until = max(lease_until, ?) WHERE hash = ? AND pid IS "
                    "NOT NULL AND variant IN (SELECT variant.id FROM variant JOIN experiment ON "
                    "experiment.id = variant.experiment WHERE experiment.name = ?)");
    renew.bind(1, std::min(alive_at, clock_()) + lease_seconds_);
    renew.bind(2, record.id);
    renew.bind(3, record.experiment);
    renew.exec();
  });
}

void Database::release(const CellRecord& record) {
  write([&] {
    const std::int64_t cell = cell_row(*connection_, record);
    Statement unmark(*connection_,
                     fmt::format("UPDATE cell SET {}, started = iif(state = 'missing', NULL, "
                                 "started) WHERE id = ? AND pid = ? AND host = ?",
                                 kNoMark));
    unmark.bind(1, cell);
    unmark.bind(2, ::getpid());
    unmark.bind(3, host_name());
    unmark.exec();
    Statement remove(*connection_,
                     "DELETE FROM cell WHERE id = ? AND state = 'missing' AND NOT is_current AND "
                     "pid IS NULL");
    remove.bind(1, cell);
    remove.exec();
  });
}

void Database::import_result(const CellRecord& record, const CellResult& result) {
  write([&] { import_rows(record, result); });
}

void Database::import_results(const std::vector<std::pair<CellRecord, CellResult>>& results) {
  if (results.empty()) return;
  guarded([&] {
    connection_->exec(fmt::format("PRAGMA cache_size = -{}", bulk_cache_kb));
    connection_->exec(fmt::format("PRAGMA wal_autocheckpoint = {}", bulk_pages));
    const WithoutForeignKeys unchecked(*connection_);
    write([&] {
      ResultWriter writer(*connection_);
      for (const auto& [record, result] : results) put(writer, record, result);
    });
  });
}

// Inside a transaction.
void Database::import_rows(const CellRecord& record, const CellResult& result) {
  ResultWriter writer(*connection_);
  put(writer, record, result);
}

std::vector<bool> Database::mark_for_job(
    const std::vector<CellRecord>& cells,
    const std::string& job,
    const std::string& launcher,
    std::int64_t seconds,
    const std::unordered_map<std::string, std::string>& known_states) {
  std::vector<bool> marked(cells.size(), false);
  write([&] {
    Statement find(*connection_,
                   "SELECT hash, state, pid, process, host, lease_until, id FROM cell WHERE "
                   "variant = ? AND hash = ?");
    Statement mark(*connection_,
                   "UPDATE cell SET pid = 0, process = ?, host = ?, launcher = ?, lease_until = ?, "
                   "started = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ?");
    const std::string host = host_name();
    const std::int64_t now = clock_();
    std::map<std::pair<std::string, std::string>, std::int64_t> variants;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const auto [variant, is_new] = variants.try_emplace({cells[i].arm, axes_json(cells[i])}, 0);
      if (is_new) variant->second = variant_row(*connection_, cells[i]);
      find.bind(1, variant->second);
      find.bind(2, cells[i].id);
      const bool found = find.executeStep();
      MONODR_CHECK(found, "cell {} is not planned", cells[i].id);
      const std::string state = find.getColumn(1).getString();
      const auto known = known_states.find(cells[i].id);
      const bool is_free = state_of(find, host, now) != "running";
      const bool is_as_known =
          state == "missing" || (known != known_states.end() && known->second == state);
      const std::int64_t row = find.getColumn(6);
      find.reset();
      if (!is_free || !is_as_known) continue;
      mark.bind(1, job);
      mark.bind(2, kJobHost);
      mark.bind(3, launcher);
      mark.bind(4, now + seconds);
      mark.bind(5, row);
      mark.exec();
      mark.reset();
      marked[i] = true;
    }
  });
  return marked;
}

std::unordered_set<std::string> Database::cells_of_job(const std::string& job) const {
  std::unordered_set<std::string> cells;
  guarded([&] {
    Statement rows(*connection_,
                   "SELECT hash FROM cell WHERE pid = 0 AND host = ? AND process = ?");
    rows.bind(1, kJobHost);
    rows.bind(2, job);
    while (rows.executeStep()) cells.insert(rows.getColumn(0).getString());
  });
  return cells;
}

void Database::release_from_job(const std::string& job, const std::vector<std::string>& cells) {
  if (cells.empty()) return;
  write([&] {
    Statement unmark(*connection_,
                     fmt::format("UPDATE cell SET {}, started = iif(state = 'missing', NULL, "
                                 "started) WHERE hash = ? AND pid = 0 AND host = ? AND process = ?",
                                 kNoMark));
    for (const std::string& cell : cells) {
      unmark.bind(1, cell);
      unmark.bind(2, kJobHost);
      unmark.bind(3, job);
      unmark.exec();
      unmark.reset();
    }
  });
}

void Database::set_tag(const std::vector<std::string>& ids, const std::string& tag, bool is_on) {
  write([&] {
    Statement change(
        *connection_,
        is_on
            ? "INSERT INTO tag SELECT id, ?1 FROM cell WHERE hash = ?2 ON CONFLICT DO NOTHING"
            : "DELETE FROM tag WHERE name = ?1 AND cell IN (SELECT id FROM cell WHERE hash = ?2)");
    for (const std::string& id : ids) {
      change.bind(1, tag);
      change.bind(2, id);
      change.exec();
      change.reset();
    }
  });
}

void Database::set_note(const std::string& id, const std::string& text) {
  write([&] {
    Statement change(
        *connection_,
        text.empty()
            ? "DELETE FROM note WHERE ?2 = '' AND cell IN (SELECT id FROM cell WHERE hash = ?1)"
            : "INSERT INTO note SELECT id, ?2 FROM cell WHERE hash = ?1 ON CONFLICT (cell) DO "
              "UPDATE SET text = excluded.text");
    change.bind(1, id);
    change.bind(2, text);
    change.exec();
  });
}

Database Database::only_tagged(const std::vector<std::string>& tags) const {
  std::unique_ptr<SQLite::Database> copy;
  guarded([&] {
    copy = std::make_unique<SQLite::Database>(":memory:",
                                              SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup(*copy, *connection_).executeStep();
    // What is being run is listed though it is not current (listed_cells).
    Statement drop(
        *copy,
        fmt::format("UPDATE cell SET is_current = 0, {} WHERE id NOT IN (SELECT cell FROM "
                    "tag WHERE name = ?)",
                    kNoMark));
    for (const std::string& tag : tags) {
      drop.bind(1, tag);
      drop.exec();
      drop.reset();
    }
  });
  return {file_, std::move(copy)};
}

std::unordered_map<std::string, std::string> Database::states(const std::string& experiment) const {
  std::unordered_map<std::string, std::string> states;
  guarded([&] {
    Statement rows(
        *connection_,
        "SELECT hash, state, pid, process, cell.host, lease_until FROM cell JOIN variant "
        "ON variant.id = cell.variant JOIN experiment ON experiment.id = "
        "variant.experiment WHERE experiment.name = ?");
    rows.bind(1, experiment);
    const std::string host = host_name();
    const std::int64_t now = clock_();
    while (rows.executeStep()) {
      std::string& state = states[rows.getColumn(0).getString()];
      if (state != "done") state = state_of(rows, host, now);
    }
  });
  return states;
}

std::string Database::recorded_state(const CellRecord& record) const {
  std::string state = "missing";
  guarded([&] {
    Statement row(*connection_,
                  "SELECT state FROM cell WHERE hash = ? AND variant IN (SELECT variant.id FROM "
                  "variant JOIN experiment ON experiment.id = variant.experiment WHERE "
                  "experiment.name = ? AND variant.arm = ?)");
    row.bind(1, record.id);
    row.bind(2, record.experiment);
    row.bind(3, record.arm);
    if (row.executeStep()) state = row.getColumn(0).getString();
  });
  return state;
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

std::string advice_on_file_system(const std::string& file) {
  const std::string system = shared_file_system_of(file);
  if (system.empty()) return "";
  return fmt::format(
      "the results '{}' lie on {}, where SQLite's locks do not hold between hosts: let one host at "
      "a "
      "time write them. Sweeps of several hosts go by --launcher slurm, whose jobs leave files "
      "that "
      "one job takes in; a sweep of one host is safer and faster with --results on a disk of its "
      "own, "
      "and a copy here when it has ended (sqlite3 FILE '.backup COPY')",
      file,
      system);
}

}  // namespace monodr
