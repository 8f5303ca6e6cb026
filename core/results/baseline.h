// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/table.h"

namespace monodr {

/// Marks the rows that `table.baseline` names and gives every other row the one to be compared with.
///
/// It names an arm ("mask only"), a value of an axis ("loss.depth.weight = 0.4"), or both, separated by
/// commas, as a row's title does. A row is compared with the row that has these values and its own
/// arm and axes in all else; of axes that go in step one value is enough. Throws UserError naming the
/// arms and the axes' values that there are.
void mark_baseline(Table& table);

}  // namespace monodr
