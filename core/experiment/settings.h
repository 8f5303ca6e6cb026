// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/toml_tree.h"

namespace monodr {

/// "fit.iterations" -> 100, "loss.mask.weight" -> 1.0, "renderer.soft_rasterizer.sigma" -> ...
using Settings = std::map<std::string, GivenValue>;

/// The tables that hold settings: those of core_sections(), and "loss".
std::vector<std::string> section_names();

/// Throws UserError unless the dotted key stands in one of these tables. Whether the table knows it
/// is not asked here: that waits for the plugins' schemas.
void check_section(const std::string& key, const SourceLocation& where);

/// Puts the leaves of a table of settings into `settings`, each under its dotted key with `prefix`
/// ("" or "fit.") before it. [loss.mask] without any key asks for that loss, too.
void add_settings(const TomlNode::Table& table, const std::string& prefix, Settings& settings);

}  // namespace monodr
