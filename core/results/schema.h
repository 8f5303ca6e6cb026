// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// Marks a file as monodr's among all SQLite files (PRAGMA application_id): "mdr1".
constexpr int database_application_id = 0x6d647231;

/// Entry i takes a database from version i (PRAGMA user_version) to i + 1. An entry that was
/// released is never edited: a change of a table or a view is a new entry, and a dump of the
/// version before it becomes a test. docs/database.md describes the tables that come out.
const std::vector<std::string>& schema_migrations();

/// Drops and creates all views. They hold no data, so every migration ends with this.
std::string schema_views();

}  // namespace monodr
