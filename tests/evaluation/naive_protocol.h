// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/annotation.h"

namespace monodr {

/// KITTI's protocol written down step by step, with nothing precomputed, shared or left out: every
/// threshold goes through every label and detection of every frame. The oracle for the evaluator,
/// with which it shares only the overlaps (they have their own oracle in tests/geometry).
struct NaiveResult {
  double ap11 = 0, ap40 = 0, aos11 = 0, aos40 = 0;
  int labels = 0;
};

/// `metric` 0 image, 1 ground, 2 volume; `difficulty` 0 easy, 1 moderate, 2 hard.
NaiveResult naive_evaluation(const std::vector<FrameAnnotations>& labels,
                             const std::vector<FrameAnnotations>& detections,
                             const std::string& category,
                             int metric,
                             int difficulty,
                             double minimum_overlap);

}  // namespace monodr
