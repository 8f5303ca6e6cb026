// SPDX-License-Identifier: Apache-2.0
#include "base/toml_access.h"

#include <algorithm>

#include "base/text.h"

namespace monodr {

const TomlNode::Table& as_table(const TomlNode& node, std::string_view name) {
  if (!node.is_table())
    throw UserError(node.where,
                    fmt::format("'{}' is {}, but must be a table", name, describe_kind(node)));
  return std::get<TomlNode::Table>(node.value);
}

const TomlNode::List& as_list(const TomlNode& node,
                              std::string_view name,
                              std::string_view example) {
  if (!node.is_list())
    throw UserError(
        node.where,
        fmt::format(
            "'{}' is {}, but must be a list, for example {}", name, describe_kind(node), example));
  return std::get<TomlNode::List>(node.value);
}

std::string as_text(const TomlNode& node, const std::string& name) {
  const auto* text = std::get_if<std::string>(&node.value);
  if (text == nullptr)
    throw UserError(
        node.where,
        fmt::format("'{}' is {}, but must be a text in quotes", name, describe_kind(node)));
  return *text;
}

void refuse_unknown_keys(const TomlNode::Table& table,
                         const std::string& name,
                         const std::vector<std::string>& known) {
  std::vector<std::string> unknown;
  for (const TomlEntry& entry : table)
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      unknown.push_back(fmt::format("{}: unknown key '{}' in {}{}",
                                    entry.key_where.to_string(),
                                    entry.key,
                                    name,
                                    did_you_mean(entry.key, known)));
  if (unknown.empty()) return;
  throw UserError(join(unknown, "\n") + fmt::format("; it may hold: {}", join(known, ", ")));
}

}  // namespace monodr
