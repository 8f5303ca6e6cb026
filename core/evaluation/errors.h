// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "geometry/annotation.h"
#include "metrics/metric_definitions.h"

namespace monodr {

/// Pose errors of each labelled object, which AP hides: a car turned by pi can keep its overlap,
/// and one placed a metre too far has lost it with everything else right.

/// How one label fared.
struct LabelOutcome : ObjectMeasurements {
  std::string frame;
  int label = 0;  ///< running number in its file, from 0, DontCare counted too
  Difficulty difficulty = Difficulty::easy;  ///< the easiest that includes the label
  int detection = -1;                        ///< running number in its file; -1 = a miss

  bool matched() const { return detection >= 0; }
};

/// Outcomes of all labels of `category` that count at some difficulty, in the order of `labels`.
///
/// Detections choose in the order of their scores (ties: the file's order); each takes the label of
/// its class, not yet taken, with the largest 2-D IoU if that is at least `minimum_iou`. Labels too
/// hard to count take detections like the others but are not reported. Detections without a 3-D
/// box are passed over. A frame that `detections` lacks had none; CheckFailure for a frame of
/// detections that is not among the labels or given twice.
std::vector<LabelOutcome> measure_pose_errors(const std::vector<FrameAnnotations>& labels,
                                              const std::vector<FrameAnnotations>& detections,
                                              const CategoryModel& category,
                                              double minimum_iou = 0.5);

/// A metric of single objects over the outcomes that count at `difficulty` (moderate includes easy,
/// hard both).
double summarise(const MetricDefinition& metric,
                 const std::vector<LabelOutcome>& outcomes,
                 Difficulty difficulty);

}  // namespace monodr
