// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "results/database.h"

namespace monodr {

/// The rows that a cell stands in: experiment -> variant (arm and axes) -> cell (seed and hash).
/// All run inside the caller's transaction.

/// The axes of a cell as table `variant` keeps them: {"fit.iterations": "20"}.
std::string axes_json(const CellRecord& record);

/// variant.id of the cell's arm and axes, made where it is missing, with its experiment.
std::int64_t variant_row(SQLite::Database& connection, const CellRecord& record);

/// cell.id of the cell, made where it is missing: state "missing", not current.
std::int64_t cell_row(SQLite::Database& connection, const CellRecord& record);
/// The same where the row of its variant is known.
std::int64_t cell_row(SQLite::Database& connection, const CellRecord& record, std::int64_t variant);
/// The same for many cells, by a statement made of kCellRow.
std::int64_t cell_row(SQLite::Statement& add, const CellRecord& record, std::int64_t variant);

inline constexpr const char* kCellRow =
    "INSERT INTO cell (variant, hash, seed, state, is_current) VALUES (?, ?, ?, 'missing', 0) "
    "ON CONFLICT (hash, variant) DO UPDATE SET seed = excluded.seed RETURNING id";

}  // namespace monodr
