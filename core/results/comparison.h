// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/table.h"

namespace monodr {

/// Fills in the comparisons of all rows that have a baseline (results/baseline.h).
///
/// The difference is that of the numbers which the table shows: of medians where it shows medians. A
/// metric of single objects (MetricDefinition::is_of_objects) gets interval and p from drawing and
/// exchanging frames (results/frame_resampling.h), all seeds of a frame together, since the seeds of
/// one object are no independent evidence. AP goes the same way by `compare_frames`, where that is
/// given and can; all else (time; objects where the rows saw other labels) seed by seed.
///
/// Seeds that both sides have make pairs. A side with one cell (that does not depend on the seed,
/// say) stands against every seed of the other.
void add_comparisons(const Database& database,
                     const VariantComparison& compare_frames,
                     Table& table);

}  // namespace monodr
