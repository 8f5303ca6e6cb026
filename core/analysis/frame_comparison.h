// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/labelled_results.h"
#include "results/statistics.h"
#include "results/table.h"

namespace monodr {

/// Average precision frame by frame. AP has no number for each object, and over three seeds no test
/// can say much; but every frame was seen by both arms. The labels are read again.
class FrameComparison {
 public:
  /// What cannot be compared (labels that are not there any more) is told in missing().
  FrameComparison(const Database& database,
                  const std::string& experiment,
                  const std::string& cache_folder);

  /// AP of one row of the table minus that of another, mean over the seeds that both have (a row
  /// with one cell has it for every seed of the other), with interval and p by drawing and
  /// exchanging frames (results/frame_resampling.h), all seeds of a frame together.
  ///
  /// Nothing for what is not ap_2d, ap_bev or ap_3d, and where the arms share no seed or not the
  /// same frames.
  std::optional<PairedDifference> difference(std::int64_t variant,
                                             std::int64_t baseline,
                                             const MetricColumn& metric) const;

  /// Interval of the AP of a row's first cell over its frames; nothing for other metrics.
  std::optional<FrameInterval> interval(std::int64_t variant, const MetricColumn& metric) const;

  const std::vector<std::string>& missing() const { return missing_; }

 private:
  using BySeed = std::map<std::int64_t, LabelledCell>;
  const BySeed* cells_of(std::int64_t variant) const;

  std::map<std::int64_t, BySeed> cells_;  ///< by variant
  std::vector<std::string> missing_;
};

}  // namespace monodr
