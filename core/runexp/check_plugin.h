// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/plugin_info.h"

namespace monodr {

/// Runs the contract of the plugin's kind in a worker, so that a plugin that crashes takes nothing
/// along, and prints what it finds. Returns 0 = kept, 1 = not kept or the worker crashed, 2 = the
/// plugin cannot be loaded. `parameters`: JSON of those that differ from the defaults.
int check_plugin(PluginKind kind,
                 const std::string& name,
                 const std::string& parameters,
                 const std::vector<std::string>& folders);

/// True for a word with a '/' or the ending .so.
bool is_plugin_file(const std::string& word);
/// The same for a file that lies anywhere; its name must be KIND_NAME.so.
int check_plugin_file(const std::string& file, const std::string& parameters);

}  // namespace monodr
