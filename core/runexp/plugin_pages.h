// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "base/plugin_info.h"

namespace monodr {

/// What a parameter may be: "at least 0", "0 to 1", "iou | squared_error", "" = anything.
std::string describe_range(const Parameter& parameter);

/// docs/plugins: file name -> Markdown. One page a plugin, "loss_mask.md", and README.md with a
/// line for each. Made from the schemas alone, so the same plugins give the same text everywhere.
std::map<std::string, std::string> plugin_pages(const PluginCatalogue& catalogue);

/// Writes the pages into the folder and removes pages of plugins that are gone.
void write_plugin_pages(const std::map<std::string, std::string>& pages, const std::string& folder);

/// The files of the folder that differ from the pages, are missing, or belong to no plugin.
std::vector<std::string> outdated_pages(const std::map<std::string, std::string>& pages,
                                        const std::string& folder);

}  // namespace monodr
