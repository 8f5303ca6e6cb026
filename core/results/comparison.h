// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/table.h"

namespace monodr {

/// Fills in the comparisons of all rows with those of the arm `table.baseline` at the same point of
/// the axes.
///
/// A metric of single objects (MetricDefinition::is_of_objects) is compared object by object: the same label under the same seed in both arms. Differences are
/// averaged over seeds before the test, since the seeds of one object are no independent
/// evidence. For errors a label that either arm missed is left out; for shares ("within 10
/// degrees") a miss counts as "no". What is shown is then the mean difference of the objects, not
/// the difference of the medians. AP is compared
/// by `compare_frames` where that is given and can; all other metrics (time) seed by seed.
void add_comparisons(const Database& database,
                     const VariantComparison& compare_frames,
                     Table& table);

}  // namespace monodr
