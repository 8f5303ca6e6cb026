// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "geometry/annotation.h"
#include "results/cell_result.h"

namespace monodr {

/// All numbers of a cell's detections: KITTI's AP (metrics ap_2d, ap_aos, ap_bev, ap_3d; strict and
/// loose overlaps; AP11 and AP40; three difficulties) and the metrics of single objects
/// (metrics/metric_definitions.h) at `difficulty`.
std::vector<MetricValue> measure(const std::vector<FrameAnnotations>& labels,
                                 const std::vector<FrameAnnotations>& detections,
                                 const CategoryModel& category,
                                 Difficulty difficulty,
                                 std::vector<ObjectResult>& objects);

}  // namespace monodr
