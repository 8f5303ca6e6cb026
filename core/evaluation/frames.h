// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/annotation.h"

namespace monodr {

/// A frame's labels and detections side by side; pointers into what the caller holds.
struct FramePair {
  std::string frame;
  const std::vector<Annotation>* labels = nullptr;
  const std::vector<Annotation>* detections = nullptr;
};

/// In the order of `labels`; a frame that `detections` lacks gets an empty list. CheckFailure for a
/// frame given twice and for detections in a frame without labels.
std::vector<FramePair> pair_frames(const std::vector<FrameAnnotations>& labels,
                                   const std::vector<FrameAnnotations>& detections);

}  // namespace monodr
