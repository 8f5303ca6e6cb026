// SPDX-License-Identifier: Apache-2.0
#include "experiment/settings.h"

#include <algorithm>

#include "base/text.h"
#include "settings/sections.h"

namespace monodr {

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Section& section : core_sections()) names.push_back(section.name);
  names.push_back("loss");
  return names;
}

void check_section(const std::string& key, const SourceLocation& where) {
  const std::vector<std::string> names = section_names();
  const std::string section = key.substr(0, key.find('.'));
  if (std::find(names.begin(), names.end(), section) == names.end())
    throw UserError(where,
                    fmt::format("'{}' is not a setting: there is no table [{}]{}",
                                key,
                                section,
                                did_you_mean(section, names)));
  if (section == key) throw UserError(where, fmt::format("'{}' must be a table: [{}]", key, key));
}

void add_settings(const TomlNode::Table& table, const std::string& prefix, Settings& settings) {
  for (const TomlEntry& entry : table) {
    const std::string key = prefix + entry.key;
    if (entry.node.is_table()) {
      const auto& inner = std::get<TomlNode::Table>(entry.node.value);
      // [loss.mask] without any key still asks for the loss.
      if (prefix == "loss." && find_entry(inner, "plugin") == nullptr)
        settings[key + ".plugin"] = {entry.key, entry.key_where, entry.key_where};
      add_settings(inner, key + ".", settings);
    } else {
      check_section(key, entry.key_where);
      settings[key] = to_given_value(entry);
    }
  }
}

}  // namespace monodr
