// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// Folders of the experiments that come with monodr, those that exist: share/monodr/experiments of an
/// installation, experiments/ of the tree that holds the build folder.
std::vector<std::string> shipped_experiments();

}  // namespace monodr
