// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "cell/run_cell.h"
#include "evidence/dataset.h"
#include "fitting/pose_deviation.h"
#include "launch/orders.h"

namespace monodr {

/// What was found in one picture.
struct DetectedFrame {
  FrameEvidence view;
  std::vector<FittedObject> objects;      ///< with a box
  std::vector<PoseDeviation> deviations;  ///< of these
  std::vector<Skipped> left_out;          ///< objects that could not be used or fitted, and why
};

/// Fits the objects of all frames of an order's data, frame by frame; nothing is evaluated and nothing stored. `use`
/// gets each frame as soon as it is done. Returns the notes on the data. UserError for what is wrong with them.
std::vector<std::string> detect(const DetectOrder& order,
                                const CellProgress& progress,
                                const std::function<void(const DetectedFrame&)>& use);

}  // namespace monodr
