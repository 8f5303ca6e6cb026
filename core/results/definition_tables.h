// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace monodr {

/// The definitions of metrics and the default columns of tables stand in the file too (tables
/// metric_definition and default_column), for its views and for who reads it without this program.

/// Whether the file holds what this program defines.
bool holds_definitions(SQLite::Database& connection);

/// Puts this program's in place of those of the file, inside the caller's transaction.
void write_definitions(SQLite::Database& connection);

}  // namespace monodr
