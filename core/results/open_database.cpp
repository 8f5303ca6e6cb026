// SPDX-License-Identifier: Apache-2.0
#include "results/open_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"
#include "base/file_system.h"
#include "results/definition_tables.h"
#include "results/schema.h"

namespace monodr {
namespace {

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

/// Version of the schema; 0 for a new file. Refuses what is not ours or newer than this program.
int version_of(SQLite::Database& connection, const std::string& file) {
  // In this order: another process may be making the file, and what it makes appears all at once.
  const int tables = connection.execAndGet("SELECT count(*) FROM sqlite_schema");
  const int application = connection.execAndGet("PRAGMA application_id");
  const int version = connection.execAndGet("PRAGMA user_version");
  if (application != database_application_id && tables > 0)
    throw UserError(fmt::format(
        "'{}' is a database of another program; name another file with --results", file));
  const int known = static_cast<int>(schema_migrations().size());
  if (version > known)
    throw UserError(fmt::format(
        "'{}' was written by a newer monodr (schema {}, this program knows up to {}); update "
        "monodr, or name another file with --results",
        file,
        version,
        known));
  return version;
}

bool is_up_to_date(SQLite::Database& connection, const std::string& file) {
  return version_of(connection, file) == static_cast<int>(schema_migrations().size()) &&
         holds_definitions(connection);
}

void migrate(SQLite::Database& connection, const std::string& file) {
  SQLite::Transaction transaction(connection, SQLite::TransactionBehavior::IMMEDIATE);
  const auto& migrations = schema_migrations();
  // Read again under the lock: another process may have done it meanwhile.
  for (size_t from = version_of(connection, file); from < migrations.size(); ++from)
    connection.exec(migrations[from]);
  connection.exec(schema_views());
  write_definitions(connection);
  connection.exec(fmt::format("PRAGMA application_id = {}", database_application_id));
  connection.exec(fmt::format("PRAGMA user_version = {}", migrations.size()));
  transaction.commit();
}

// Where the file may not be written, its views show metrics as the program that wrote it did.
void bring_definitions_up_to_date(const std::string& file) {
  try {
    open_database(file, false);
  } catch (const SQLite::Exception&) {
  }
}

}  // namespace

std::unique_ptr<SQLite::Database> open_database(const std::string& name, bool read_only) {
  const bool exists = std::filesystem::exists(name);
  // SQLite keeps its files beside what a link leads to, so they are looked for there.
  const std::string file = exists ? std::filesystem::canonical(name).string() : name;
  if (read_only && !exists)
    throw UserError(fmt::format(
        "there are no results at '{}'; run an experiment first, or name the file with --results",
        file));
  if (std::filesystem::is_directory(file))
    throw UserError(fmt::format("'{}' is a folder; --results names a file", file));
  std::error_code failure;  // told by SQLite where the file cannot be made
  if (!exists) std::filesystem::create_directories(folder_of(file), failure);

  const int flags =
      read_only ? SQLite::OPEN_READONLY : SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE;
  auto connection = std::make_unique<SQLite::Database>(file, flags, busy_timeout_ms);
  if (read_only) {
    if (!std::filesystem::exists(file + "-wal") && ::access(folder_of(file).c_str(), W_OK) != 0)
      connection = open_immutable(file);
    if (version_of(*connection, file) < static_cast<int>(schema_migrations().size()))
      open_database(file, false);
    else if (!holds_definitions(*connection))
      bring_definitions_up_to_date(file);
    return connection;
  }
  connection->exec("PRAGMA foreign_keys = ON");
  if (!is_up_to_date(*connection, file)) migrate(*connection, file);
  // WAL needs memory that the processes share, and hosts share none.
  if (!shared_file_system_of(file).empty()) {
    connection->exec("PRAGMA journal_mode = DELETE");
  } else {
    connection->exec("PRAGMA journal_mode = WAL");
    connection->exec("PRAGMA synchronous = NORMAL");
  }
  return connection;
}

// What is in the file itself was flushed before the log was begun anew. The file must not be opened here: to close it
// would drop SQLite's locks of it, and the log has none.
void flush_to_disk(const SQLite::Database& connection) {
  const std::string log = connection.getFilename() + "-wal";
  const int opened = ::open(log.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0 && errno == ENOENT) return;  // no WAL: each commit was flushed
  const bool flushed = opened >= 0 && ::fsync(opened) == 0;
  const int reason = errno;
  if (opened >= 0) ::close(opened);
  if (!flushed) throw UserError(fmt::format("cannot flush '{}': {}", log, std::strerror(reason)));
}

void throw_for_user(const std::string& file, const SQLite::Exception& error) {
  if (error.getErrorCode() == SQLITE_CONSTRAINT || error.getErrorCode() == SQLITE_ERROR ||
      error.getErrorCode() == SQLITE_MISUSE)
    throw CheckFailure(fmt::format("results '{}': {}", file, error.what()));
  throw UserError(fmt::format("results '{}': {}: {}", file, error.what(), remedy(error)));
}

}  // namespace monodr
