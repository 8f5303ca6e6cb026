// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <memory>
#include <string>

namespace monodr {

/// A connection to a results file of the newest schema: made or brought up to date where that is
/// needed. Throws UserError for a missing file (read-only), a folder, a file of another program or
/// of a newer monodr.
std::unique_ptr<SQLite::Database> open_database(const std::string& file, bool read_only);

/// What was committed outlasts a power failure once this returns: of the newest transactions SQLite flushes only the order
/// (synchronous = NORMAL), so whoever removes what they were made of asks for it first. UserError where the disk fails.
void flush_to_disk(const SQLite::Database& connection);

/// SQLite's error as a UserError that says what to do, or a CheckFailure where it is a mistake of
/// this program.
[[noreturn]] void throw_for_user(const std::string& file, const SQLite::Exception& error);

}  // namespace monodr
