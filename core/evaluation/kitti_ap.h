// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "geometry/annotation.h"

namespace monodr {

/// One average precision by KITTI's official protocol, which stands in monodr_kernels.h.
struct ApRow {
  std::string category;  ///< "car", "pedestrian", "cyclist"
  std::string metric;    ///< "2d", "aos", "bev", "3d"
  Difficulty difficulty = Difficulty::easy;
  double iou = 0;            ///< minimum overlap
  int recall_positions = 0;  ///< 11 or 40
  double value = 0;          ///< percent; 0 where no label counts
  int labels = 0;            ///< labels that count
};

struct KittiApOptions {
  std::vector<std::string> categories = {"car", "pedestrian", "cyclist"};
  /// Sets of minimum overlaps, evaluated in one pass: "strict" is 0.7 for cars and 0.5 for
  /// pedestrians and cyclists; "loose" is that in 2-D and 0.5 / 0.25 / 0.25 for BEV and 3-D; a
  /// number such as "0.5" stands for all classes and metrics.
  std::vector<std::string> overlaps = {"strict"};
  HeightRule height_rule = HeightRule::must_exceed;
  int threads = 1;
};

/// The classes that have a protocol: "car", "pedestrian", "cyclist".
const std::vector<std::string>& kitti_categories();

/// Throws UserError for an unknown class and for a minimum overlap that is not "strict", "loose" or
/// a number in [0, 1).
void check_options(const KittiApOptions& options);

/// Evaluates the frames of `labels`; a frame that `detections` lacks had none. Rows come ordered by
/// category, metric, iou, recall positions, difficulty.
///
/// As in the kit, AOS is left out where any detection has alpha -10 (not given), and a metric of a
/// class is left out where the class has detections but none with a box of that sort (left >= 0 in
/// 2-D; a given footprint or volume). A class without any detection has AP 0.
///
/// Throws UserError for bad options, CheckFailure for a frame given twice or detections in a frame
/// without labels.
std::vector<ApRow> kitti_average_precision(const std::vector<FrameAnnotations>& labels,
                                           const std::vector<FrameAnnotations>& detections,
                                           const KittiApOptions& options = {});

}  // namespace monodr
