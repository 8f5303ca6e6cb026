// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "evaluation/candidates.h"

namespace monodr {

inline constexpr int recall_samples = 41;

/// Precision and orientation similarity at recall 0, 1/40, ..., 1, each the largest at that or any
/// higher recall; 0 beyond the recall that was reached. Similarity is for OverlapKind::image only.
struct PrecisionCurve {
  std::array<double, recall_samples> precision{};
  std::array<double, recall_samples> similarity{};
  int labels = 0;  ///< that count
};

/// One curve of the official protocol over all frames of one class.
PrecisionCurve precision_curve(const std::vector<FrameCandidates>& frames,
                               OverlapKind kind,
                               Difficulty difficulty,
                               double minimum_overlap);

/// AP11 or AP40 of the samples, percent.
double average_precision(const std::array<double, recall_samples>& samples, int recall_positions);

/// The scores, highest first, at which recall comes nearest to 0, 1/40, 2/40, ... of
/// `label_count` labels; `scores` are those of the true positives.
std::vector<double> recall_thresholds(std::vector<double> scores, int label_count);

}  // namespace monodr
