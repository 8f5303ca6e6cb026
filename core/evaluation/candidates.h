// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "geometry/annotation.h"

namespace monodr {

/// What the kit compares a label with a detection by.
enum class OverlapKind { image, ground, volume };
inline constexpr std::array<OverlapKind, 3> overlap_kinds = {
    OverlapKind::image, OverlapKind::ground, OverlapKind::volume};

/// All of one frame that bears on one class: computed once, used for every difficulty, threshold
/// and minimum overlap.
struct FrameCandidates {
  /// A label of the class or of a neighbour (CategoryModel::neighbours).
  struct Label {
    double alpha = 0;
    /// By difficulty: counts. One that does not count may still absorb a detection.
    std::array<bool, 3> counts{};
  };

  /// A detection of the class, or one of another class that is small at some difficulty: those the
  /// kit lets take a label, without gain or loss, before it looks at the class.
  struct Detection {
    double score = 0, alpha = 0;
    double height = 0;  ///< of the 2-D box, pixels
    bool same_category = false;
    /// By overlap kind: largest share of the detection inside one DontCare region.
    std::array<double, 3> dont_care_share{};

    bool is_small(Difficulty difficulty) const { return height < minimum_height(difficulty); }
    /// Can be a true or a false positive.
    bool counts(Difficulty difficulty) const { return same_category && !is_small(difficulty); }
  };

  /// Label and detection that overlap by more than the least minimum asked for.
  struct Pair {
    int label = 0, detection = 0;
    double overlap = 0;
  };

  std::vector<Label> labels;
  std::vector<Detection> detections;       ///< in the file's order
  std::array<std::vector<Pair>, 3> pairs;  ///< by overlap kind; by label, then by detection

  const std::vector<Pair>& pairs_of(OverlapKind kind) const {
    return pairs[static_cast<size_t>(kind)];
  }
};

/// `least_overlap` is by overlap kind.
FrameCandidates find_candidates(const std::vector<Annotation>& labels,
                                const std::vector<Annotation>& detections,
                                const CategoryModel& category,
                                const std::array<double, 3>& least_overlap,
                                HeightRule rule);

}  // namespace monodr
