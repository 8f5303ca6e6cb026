// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/metric_definitions.h"
#include "results/database.h"
#include "results/statistics.h"

namespace monodr {

/// What the labelled objects of a cell contribute to one metric, by frame; NaN = nothing.
using ObjectFrames = std::map<std::string, std::vector<double>>;

/// Of a row of a table, by seed. `only` = the one cell that counts, or 0: all that are done.
std::map<std::int64_t, ObjectFrames> object_frames(const Database& database,
                                                   std::int64_t variant,
                                                   const MetricDefinition& metric,
                                                   const std::string& difficulty,
                                                   std::int64_t only);

/// 95 % interval of the metric of one cell, its frames drawn anew (frame_resampling.h).
Interval object_interval(const MetricDefinition& metric, const ObjectFrames& frames);

/// The cells that are held against each other under one seed.
using CellOfEachSide = std::vector<const ObjectFrames*>;

/// Sum over the sides of weight * metric, mean over the seeds: weights 1, -1 for a difference, those of
/// a slope for a trend. Interval and p over frames, all seeds' together. Nothing where the cells did
/// not see the same labels or a side has no number.
std::optional<PairedDifference> object_contrast(const MetricDefinition& metric,
                                                const std::vector<CellOfEachSide>& seeds,
                                                const std::vector<double>& weights);

}  // namespace monodr
