// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cell/run_cell.h"
#include "launch/orders.h"

namespace monodr {

/// Carries out `runexp data annotate`: what the order's networks say of each picture, as files in KITTI's layout in the
/// order's folder. Returns lines for the terminal.
std::vector<std::string> write_annotations(const DetectOrder& order, const CellProgress& progress);

}  // namespace monodr
