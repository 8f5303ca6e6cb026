// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// What needs tensors or pictures becomes `monodr-worker COMMAND WORDS...` in this very process, so
/// that exit code, streams and signals are the worker's. Returns only by throwing UserError.
int replace_by_worker(const std::string& command, const std::vector<std::string>& words);

}  // namespace monodr
