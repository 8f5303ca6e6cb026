// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/toml_tree.h"

namespace monodr {

/// A JSON file as the tree that a TOML file gives, each value with its place. UserError at file:line:column for
/// what is no JSON, and for null, which means nothing here.
TomlNode read_json_tree(const std::string& file);

}  // namespace monodr
