// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "geometry/annotation.h"

namespace monodr {

/// One average precision by KITTI's official protocol, which stands in monodr_kernels.h.
struct ApRow {
  std::string category;  ///< the category's name in lower case
  std::string metric;    ///< "2d", "aos", "bev", "3d"
  Difficulty difficulty = Difficulty::easy;
  double iou = 0;            ///< minimum overlap
  int recall_positions = 0;  ///< 11 or 40
  double value = 0;          ///< percent; 0 where no label counts
  int labels = 0;            ///< labels that count
};

struct KittiApOptions {
  /// Any classes: KITTI ranks cars, pedestrians and cyclists, and its protocol serves others as well.
  std::vector<CategoryModel> categories;
  /// Sets of minimum overlaps, evaluated in one pass: "strict" and "loose" are the category's own (cars: 0.7;
  /// loose 0.5 in BEV and 3-D; pedestrians and cyclists: 0.5; loose 0.25); a number such as "0.5" stands for all
  /// classes and metrics.
  std::vector<std::string> overlaps = {"strict"};
  HeightRule height_rule = HeightRule::must_exceed;
  int threads = 1;
};

/// Throws UserError for a minimum overlap that is not "strict", "loose" or a number in [0, 1).
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
                                           const KittiApOptions& options);

}  // namespace monodr
