// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kernels/monodr_kernels.h"

namespace monodr::kitti {

/// Difficulties and kinds of overlap: there are three of each.
inline constexpr int kDifficulties = 3, kOverlaps = 3;

/// Which labels count; see monodr_kitti_counts().
struct Limits {
  double height, occlusion, truncation;
};
inline constexpr Limits kLimits[kDifficulties] = {{40, 0, 0.15}, {25, 1, 0.30}, {25, 2, 0.50}};

/// All of one frame that bears on one class: computed once, used for every difficulty, threshold
/// and minimum overlap.
struct Frame {
  /// A label of the class or of its neighbour.
  struct Label {
    double alpha = 0;
    /// By difficulty: counts. One that does not count may still absorb a detection.
    std::array<bool, kDifficulties> counts{};
  };

  /// A detection of the class, or one of another class that is small at some difficulty: those the
  /// kit lets take a label, without gain or loss, before it looks at the class.
  struct Detection {
    double score = 0, alpha = 0;
    double height = 0;  ///< of the 2-D box, pixels
    bool of_class = false;
    /// By overlap: largest share of the detection inside one DontCare region.
    std::array<double, kOverlaps> dont_care_share{};

    bool is_small(int difficulty) const { return height < kLimits[difficulty].height; }
    /// Can be a true or a false positive.
    bool counts(int difficulty) const { return of_class && !is_small(difficulty); }
  };

  /// Label and detection that overlap by more than the least minimum asked for.
  struct Pair {
    int label = 0, detection = 0;
    double overlap = 0;
  };

  std::vector<Label> labels;
  std::vector<Detection> detections;               ///< in the file's order
  std::array<std::vector<Pair>, kOverlaps> pairs;  ///< by label, then by detection
};

/// A curve of the frames; `curve` has been checked.
void compute_curve(monodr_kitti_curve& curve);

}  // namespace monodr::kitti

struct monodr_kitti_frames {
  std::vector<monodr::kitti::Frame> frames;
  std::array<double, monodr::kitti::kOverlaps> least_overlap;
};
