// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/plugin_info.h"

namespace monodr {

/// `runexp plugins new KIND NAME`: a source file that works, its test, its CMake lines and an
/// experiment that uses it.
///
/// With an `output` folder, or where the current directory lies in no monodr tree, the files go to
/// a folder of their own (`output`, or NAME) that builds against the installed monodr. Else they go
/// where the tree keeps such files, and the CMake lines are added to the tree's.
struct NewPlugin {
  PluginKind kind = PluginKind::loss;
  std::string name;    ///< a word of a-z, 0-9 and _
  std::string output;  ///< "" = in the tree if there is one

  /// Writes everything or, where a file is already there, nothing (UserError). Returns the files.
  std::vector<std::string> write() const;
  /// What to type next.
  std::string next_steps() const;
};

}  // namespace monodr
