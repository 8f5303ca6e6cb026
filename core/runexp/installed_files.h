// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace monodr {

/// The experiment file that `word` names: the file itself, or, where there is none in the current
/// directory, one that comes with monodr (base/shipped_files.h). So "experiments/ablation_rotation.toml"
/// and "ablation_rotation.toml" work in any directory. Throws UserError with the nearest name where
/// there is neither.
std::string find_experiment(const std::string& word);

}  // namespace monodr
