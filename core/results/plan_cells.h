// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "results/database.h"

namespace monodr {

/// Database::plan, inside the caller's transaction.
void plan_cells(SQLite::Database& connection,
                const std::string& experiment,
                const std::string& question,
                const std::vector<std::string>& report_metrics,
                const std::vector<CellRecord>& cells);

}  // namespace monodr
