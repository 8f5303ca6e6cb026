// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "evaluation/frames.h"
#include "kernels/monodr_kernels.h"

namespace monodr {

/// What the kit compares a label with a detection by.
enum class OverlapKind { image, ground, volume };
inline constexpr std::array<OverlapKind, 3> overlap_kinds = {
    OverlapKind::image, OverlapKind::ground, OverlapKind::volume};
/// "2d", "bev", "3d": KITTI's name of the average precision by this overlap.
std::string precision_name(OverlapKind kind);

inline constexpr int recall_samples = MONODR_RECALL_SAMPLES;

/// Precision and orientation similarity at recall 0, 1/40, ..., 1, each the largest at that or any
/// higher recall; 0 beyond the recall that was reached. Similarity is for OverlapKind::image only.
struct PrecisionCurve {
  std::array<double, recall_samples> precision{};
  std::array<double, recall_samples> similarity{};
  int labels = 0;  ///< that count
};

/// Frames prepared for one class: what overlaps what is computed once, and serves every difficulty,
/// threshold and minimum overlap. Holds nothing of the annotations it was made from.
class ClassFrames {
 public:
  explicit ClassFrames(monodr_kitti_frames* frames) : frames_(frames, monodr_kitti_frames_free) {}

  /// One curve of the official protocol (monodr_kernels.h) over all frames.
  PrecisionCurve curve(OverlapKind kind, Difficulty difficulty, double minimum_overlap) const;
  /// The same over the frames of these numbers, which may come several times.
  PrecisionCurve curve(const std::vector<std::int64_t>& chosen,
                       OverlapKind kind,
                       Difficulty difficulty,
                       double minimum_overlap) const;

 private:
  std::unique_ptr<monodr_kitti_frames, decltype(&monodr_kitti_frames_free)> frames_;
};

/// A class to prepare frames for.
struct EvaluatedClass {
  CategoryModel category;
  std::array<double, 3> least_overlap;  ///< by overlap kind: the least that will be asked for
};

/// For each class; the annotations are read once for all.
std::vector<ClassFrames> prepare_frames(const std::vector<FramePair>& frames,
                                        const std::vector<EvaluatedClass>& classes,
                                        HeightRule rule = HeightRule::must_exceed,
                                        int threads = 1);

/// AP11 or AP40 of the samples, percent.
double average_precision(const std::array<double, recall_samples>& samples, int recall_positions);

/// The scores, highest first, at which recall comes nearest to 0, 1/40, 2/40, ... of
/// `label_count` labels; `scores` are those of the true positives.
std::vector<double> recall_thresholds(const std::vector<double>& scores, int label_count);

}  // namespace monodr
