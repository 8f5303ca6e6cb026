// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "results/database.h"

namespace monodr {

/// Removes all rows that belong to the cell, then inserts those of the result. Runs inside the
/// caller's transaction.
void replace_rows_of_cell(SQLite::Database& connection,
                          std::int64_t cell,
                          const CellRecord& record,
                          const CellResult& result);

}  // namespace monodr
