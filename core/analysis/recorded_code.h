// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/plugin_info.h"
#include "results/stored_result.h"

namespace monodr {

/// The plugin folders that the cell was run with, as far as they are still there.
std::vector<std::string> recorded_folders(const StoredResult& cell);

/// What of the code is no longer what the cell was run with: "the program", "loss mask".
std::vector<std::string> changed_code(const CellRecord& record, const PluginCatalogue& catalogue);

/// Gives the record the hashes of the code that there is now: what a worker is to find. Returns
/// what of it is no longer what the cell was run with.
std::vector<std::string> bring_up_to_date(CellRecord& record, const PluginCatalogue& catalogue);

}  // namespace monodr
