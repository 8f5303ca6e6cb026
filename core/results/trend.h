// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/table.h"

namespace monodr {

/// Whether a metric rises or falls along an axis of numbers: the slope of what the rows show over the
/// axis' values in their order, least squares, as the change from one value to the next (steps of an
/// axis are seldom alike: 1, 2, 5, 10). One trend for each arm and point of the other axes; the first
/// row of each, by the axis' order, carries it. Interval and p as those of differences, the axis'
/// values exchanged in each frame instead of arms.
///
/// Throws UserError for what is no axis and for one without three values, all of them numbers.
void add_trends(const Database& database, Table& table);

}  // namespace monodr
