// SPDX-License-Identifier: Apache-2.0
#include "analysis/recorded_code.h"

#include <filesystem>

#include "base/options.h"

namespace monodr {

namespace fs = std::filesystem;

std::vector<std::string> recorded_folders(const StoredResult& cell) {
  std::vector<std::string> folders;
  const auto found = cell.result.provenance.find("plugin_folders");
  if (found == cell.result.provenance.end()) return folders;
  for (const std::string& folder : split_list(found->second, "plugin_folders"))
    if (fs::is_directory(folder)) folders.push_back(folder);
  return folders;
}

std::vector<std::string> changed_code(const CellRecord& record, const PluginCatalogue& catalogue) {
  std::vector<std::string> changed;
  if (record.code_hash != catalogue.code_hash) changed.push_back("the program");
  for (const PluginRecord& plugin : record.plugins) {
    bool same = false;
    for (const PluginInfo& info : catalogue.plugins)
      same = same || (to_string(info.kind) == plugin.kind && info.name == plugin.name &&
                      info.file_hash == plugin.file_hash);
    if (!same) changed.push_back(plugin.kind + " " + plugin.name);
  }
  return changed;
}

std::vector<std::string> bring_up_to_date(CellRecord& record, const PluginCatalogue& catalogue) {
  std::vector<std::string> changed = changed_code(record, catalogue);
  record.code_hash = catalogue.code_hash;
  for (PluginRecord& plugin : record.plugins)
    for (const PluginInfo& info : catalogue.plugins)
      if (to_string(info.kind) == plugin.kind && info.name == plugin.name)
        plugin.file_hash = info.file_hash;
  return changed;
}

}  // namespace monodr
