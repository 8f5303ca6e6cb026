// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "launch/progress.h"

namespace monodr {

/// Hands a document to `monodr-worker COMMAND FILE`, shows what it reports on the way and returns
/// its last report (the one that holds "done"). Throws UserError with the worker's message where
/// it refuses. Nothing if a signal asked to stop.
std::optional<nlohmann::json> ask_worker(const std::string& worker,
                                         const std::string& command,
                                         const std::string& order,
                                         Progress& progress);

}  // namespace monodr
