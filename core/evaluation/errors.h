// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "geometry/annotation.h"

namespace monodr {

/// Pose errors of each labelled object, which AP hides: a car turned by pi can keep its overlap,
/// and one placed a metre too far has lost it with everything else right.

/// How one label fared. Errors are NaN and overlaps 0 where nothing matched.
struct LabelOutcome {
  std::string frame;
  int label = 0;  ///< running number in its file, from 0, DontCare counted too
  Difficulty difficulty = Difficulty::easy;  ///< the easiest that includes the label
  int detection = -1;                        ///< running number in its file; -1 = a miss
  double heading_turn = 0;    ///< rotation_y - rotation_y of the label, -pi..pi; > 0 = clockwise
                              ///< seen from above
  double heading_error = 0;   ///< its absolute value, 0..pi
  double location_error = 0;  ///< metres between the centres of the bottom faces
  double radial_error = 0;    ///< metres along the camera's ray to the label; > 0 = too far
  double lateral_error = 0;   ///< metres across that ray, >= 0
  double size_error = 0;      ///< mean over h, w, l of |detected - labelled| / labelled
  double bev_overlap = 0, volume_overlap = 0;
  double score = 0;

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

/// Outcomes in one line of a table. Shares are in 0..1.
///
/// Successes are shares of ALL labels, a miss being a failure, so that leaving out hard objects
/// never flatters. Medians, and the shares of the two typical failures, are taken over the matched
/// labels (NaN where there are none): a miss has no heading to be wrong by.
struct PoseSummary {
  int labels = 0;
  int matched = 0;
  double recall = 0;  ///< matched / labels

  double heading_within_10 = 0, heading_within_30 = 0;  ///< of all: error below 10, 30 degrees
  double bev_overlap_05 = 0, bev_overlap_07 = 0;        ///< of all: at least 0.5, 0.7
  double volume_overlap_05 = 0, volume_overlap_07 = 0;  ///< of all: at least 0.5, 0.7

  double heading_flipped = 0;         ///< of the matched: error above 150 degrees
  double heading_quarter_turned = 0;  ///< of the matched: error from 45 to 135 degrees

  double heading_error_median = 0;   ///< degrees
  double location_error_median = 0;  ///< metres
  double radial_error_median = 0;    ///< metres, of the absolute values
  double radial_bias_median = 0;     ///< metres, with its sign; > 0 = too far
  double lateral_error_median = 0;   ///< metres
  double size_error_median = 0;
};

/// Summary of the outcomes that count at `difficulty` (moderate includes easy, hard both).
PoseSummary summarise(const std::vector<LabelOutcome>& outcomes, Difficulty difficulty);

}  // namespace monodr
