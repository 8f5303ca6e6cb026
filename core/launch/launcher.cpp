// SPDX-License-Identifier: Apache-2.0
#include "launch/launcher.h"

#include "base/error.h"
#include "base/text.h"

namespace monodr {

const std::vector<LauncherEntry>& launchers() {
  static const std::vector<LauncherEntry> list = {
      {"local", "workers of this host that take cell after cell", make_piped_launcher},
      {"blocks",
       "a process for each block of cells, as a cluster's jobs run them",
       make_block_launcher},
      {"slurm", "jobs of a Slurm cluster, which are submitted and left to themselves", nullptr}};
  return list;
}

const LauncherEntry& find_launcher(const std::string& name) {
  std::vector<std::string> names;
  for (const LauncherEntry& entry : launchers()) {
    if (name == entry.name) return entry;
    names.push_back(entry.name);
  }
  throw UserError(fmt::format("there is no launcher '{}'{}; there are: {}",
                              name,
                              did_you_mean(name, names),
                              join(names, ", ")));
}

}  // namespace monodr
