// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/toml_tree.h"

namespace monodr {

/// A node as what it must be. `name` is the key that the file gives it, for the message. Throw
/// UserError with the node's place where it is something else.
const TomlNode::Table& as_table(const TomlNode& node, std::string_view name);
/// `example` shows how the list is written.
const TomlNode::List& as_list(const TomlNode& node,
                              std::string_view name,
                              std::string_view example);
std::string as_text(const TomlNode& node, const std::string& name);

/// Throws UserError with a line for each key of the table that is none of `known`, with the nearest of
/// them. `name` is the table's: "[experiment]".
void refuse_unknown_keys(const TomlNode::Table& table,
                         const std::string& name,
                         const std::vector<std::string>& known);

}  // namespace monodr
