// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/plugin_info.h"

namespace monodr {

/// The experiment file as a JSON Schema (draft 7), made from the sections' and the plugins'
/// schemas. An editor's TOML plugin (Taplo, Even Better TOML) completes and checks with it: keys,
/// types, ranges, choices, defaults, meanings, names of plugins.
std::string experiment_json_schema(const PluginCatalogue& catalogue);

}  // namespace monodr
