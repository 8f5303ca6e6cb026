// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/toml_tree.h"
#include "experiment/spec.h"

namespace monodr {

/// Reads [sweep] into the experiment's seeds, axes, include and exclude:
///
///   [sweep]
///   seed = [0, 1, 2]
///   "fit.iterations" = [10, 20]           # an axis; several multiply
///   [[sweep.zip]]                         # axes that go in step, equally long
///   "fit.hypotheses" = [8, 1]
///   "rule.plugin" = ["hindsight", "mean"]
///   [[sweep.include]]                     # cells beside the axes, with these values
///   "fit.iterations" = 1000
///   [[sweep.exclude]]                     # cells with all these values are left out
///   arm = "mask only"
///   seed = 2
///
/// Throws UserError with the place of what is wrong.
void read_sweep_table(const TomlNode& node, Experiment& experiment);

}  // namespace monodr
