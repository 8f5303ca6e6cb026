// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cell/detect.h"

namespace monodr {

/// Carries out a DetectOrder: a picture with boxes (FRAME.png), KITTI result lines (FRAME.txt) for each frame, and
/// detections.json for all, in the order's folder. Returns lines for the terminal.
std::vector<std::string> write_detections(const DetectOrder& order, const CellProgress& progress);

}  // namespace monodr
