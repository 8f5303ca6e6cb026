// SPDX-License-Identifier: Apache-2.0
#include "evaluation/frames.h"

#include <unordered_map>

#include "base/error.h"

namespace monodr {

std::vector<FramePair> pair_frames(const std::vector<FrameAnnotations>& labels,
                                   const std::vector<FrameAnnotations>& detections) {
  static const std::vector<Annotation> none;
  std::vector<FramePair> frames;
  std::unordered_map<std::string, size_t> index;
  for (const FrameAnnotations& frame : labels) {
    MONODR_CHECK(index.emplace(frame.frame, frames.size()).second,
                 "labels of frame '{}' are given twice",
                 frame.frame);
    frames.push_back({frame.frame, &frame.objects, &none});
  }
  for (const FrameAnnotations& frame : detections) {
    const auto found = index.find(frame.frame);
    MONODR_CHECK(found != index.end(), "detections in frame '{}' without labels", frame.frame);
    FramePair& pair = frames[found->second];
    MONODR_CHECK(pair.detections == &none, "detections of frame '{}' are given twice", frame.frame);
    pair.detections = &frame.objects;
  }
  return frames;
}

}  // namespace monodr
