// SPDX-License-Identifier: Apache-2.0
#include "results/database.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "results/process_identity.h"
#include "results/schema.h"
#include "results/take_in.h"

namespace monodr {
namespace {

using SQLite::Statement;

// Two writers wait for each other; a transaction takes milliseconds.
constexpr int busy_timeout_ms = 30000;

std::string remedy(const SQLite::Exception& error) {
  switch (error.getErrorCode()) {
    case SQLITE_READONLY:
      return "the file or its folder may not be written; make it writable or name another with "
             "--results FILE";
    case SQLITE_CANTOPEN:
      return "the file or its folder cannot be opened; check that the folder exists and may be "
             "written, or name another with --results FILE";
    case SQLITE_FULL:
      return "the disk is full; nothing was written, free some space and run again";
    case SQLITE_NOTADB:
      return "this is not a results database; name another with --results FILE";
    case SQLITE_CORRUPT:
      return "the file is damaged; save what can be read with sqlite3 FILE .recover";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another program holds the file locked; close it and run again";
    case SQLITE_IOERR:
      return "the disk failed to read or write, or is full; nothing was written";
    default:
      return "unexpected; please report it";
  }
}

// WAL needs shared memory between the processes, which network file systems do not give.
bool on_network_file_system(const std::string& file) {
  struct statfs info {};
  if (::statfs(file.c_str(), &info) != 0) return false;
  static const std::set<std::uint32_t> network = {
      0x6969 /*NFS*/, 0x0BD00BD0 /*Lustre*/, 0xFF534D42 /*CIFS*/, 0xFE534D42 /*SMB2*/};
  return network.count(static_cast<std::uint32_t>(info.f_type)) > 0;
}

std::string folder_of(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path();
  return folder.empty() ? "." : folder.string();
}

// Even a reader of a WAL database makes files beside it. Where the folder may not be written, and
// nobody left such files, the database cannot change: SQLite then reads it as it is.
std::unique_ptr<SQLite::Database> open_immutable(const std::string& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string())
    uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", c) : std::string(1, c);
  return std::make_unique<SQLite::Database>(uri + "?immutable=1",
                                            SQLite::OPEN_READONLY | SQLite::OPEN_URI);
}

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
  }
  return state == "missing" ? "interrupted" : state;
}

}  // namespace

Database::Database(const std::string& file, Access access) : file_(file) {
  guarded([&] { open(access); });
}

Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

void Database::guarded(const std::function<void()>& action) const {
  try {
    action();
  } catch (const SQLite::Exception& error) {
    if (error.getErrorCode() == SQLITE_CONSTRAINT || error.getErrorCode() == SQLITE_ERROR ||
        error.getErrorCode() == SQLITE_MISUSE)
      throw CheckFailure(fmt::format("results '{}': {}", file_, error.what()));
    throw UserError(fmt::format("results '{}': {}: {}", file_, error.what(), remedy(error)));
  }
}

void Database::open(Access access) {
  const bool exists = std::filesystem::exists(file_);
  if (access == Access::read_only && !exists)
    throw UserError(fmt::format(
        "there are no results at '{}'; run an experiment first, or name the file with --results",
        file_));
  if (std::filesystem::is_directory(file_))
    throw UserError(fmt::format("'{}' is a folder; --results names a file", file_));
  std::error_code failure;  // told by SQLite where the file cannot be made
  if (!exists) std::filesystem::create_directories(folder_of(file_), failure);

  const int flags = access == Access::read_only ? SQLite::OPEN_READONLY
                                                : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  connection_ = std::make_unique<SQLite::Database>(file_, flags, busy_timeout_ms);
  if (access == Access::read_only) {
    if (!std::filesystem::exists(file_ + "-wal") && ::access(folder_of(file_).c_str(), W_OK) != 0)
      connection_ = open_immutable(file_);
    if (version() < static_cast<int>(schema_migrations().size())) Database upgraded(file_);
    return;
  }
  connection_->exec("PRAGMA foreign_keys = ON");
  if (version() < static_cast<int>(schema_migrations().size())) migrate();
  if (on_network_file_system(file_)) return;
  connection_->exec("PRAGMA journal_mode = WAL");
  connection_->exec("PRAGMA synchronous = NORMAL");
}

/// Version of the schema; 0 for a new file. Refuses what is not ours or newer than this program.
int Database::version() const {
  const int application = connection_->execAndGet("PRAGMA application_id");
  const int version = connection_->execAndGet("PRAGMA user_version");
  const int tables = connection_->execAndGet("SELECT count(*) FROM sqlite_schema");
  if (application != database_application_id && tables > 0)
    throw UserError(fmt::format(
        "'{}' is a database of another program; name another file with --results", file_));
  const int known = static_cast<int>(schema_migrations().size());
  if (version > known)
    throw UserError(fmt::format(
        "'{}' was written by a newer monodr (schema {}, this program knows up to {}); update "
        "monodr, or name another file with --results",
        file_,
        version,
        known));
  return version;
}

void Database::migrate() {
  SQLite::Transaction transaction(*connection_, SQLite::TransactionBehavior::IMMEDIATE);
  const auto& migrations = schema_migrations();
  // Read again under the lock: another process may have done it meanwhile.
  for (size_t from = version(); from < migrations.size(); ++from)
    connection_->exec(migrations[from]);
  connection_->exec(schema_views());
  connection_->exec(fmt::format("PRAGMA application_id = {}", database_application_id));
  connection_->exec(fmt::format("PRAGMA user_version = {}", migrations.size()));
  transaction.commit();
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
                "INSERT INTO cell (variant, hash, seed, state) VALUES (?, ?, ?, 'missing') "
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
    std::set<std::pair<std::int64_t, std::string>> planned;
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
      planned.emplace(entry->second, record.id);
    }
    count_only(planned, experiment);
  });
}

/// Makes exactly these (variant, hash) current; touches only rows that change.
void Database::count_only(const std::set<std::pair<std::int64_t, std::string>>& planned,
                          const std::string& experiment) {
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
                     "UPDATE cell SET pid = NULL, process = NULL, host = NULL WHERE id = ?");
    unmark.bind(1, cell);
    unmark.exec();
    Statement remove(*connection_, "DELETE FROM cell WHERE id = ? AND state = 'missing'");
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
