// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/table.h"

namespace monodr {

/// A number made of one column of several rows: sum of weight * what the rows show, with interval and
/// p (MetricDefinition::is_of_objects: over frames, results/object_frames.h; all else, and rows that saw
/// other labels, over the seeds that all rows have). Weights 1, -1 give a difference.
Comparison row_contrast(const Database& database,
                        const std::vector<const TableRow*>& rows,
                        const std::vector<double>& weights,
                        size_t column,
                        const MetricColumn& metric);

/// Holm's correction over all of them.
void correct_by_holm(const std::vector<Comparison*>& comparisons);

}  // namespace monodr
