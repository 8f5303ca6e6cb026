// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/labelled_results.h"
#include "results/statistics.h"

namespace monodr {

/// Compares average precision frame by frame. AP has no number for each object, and over three
/// seeds no test can say much; but every frame was seen by both arms. The labels are read again.
class FrameComparison {
 public:
  /// What cannot be compared (labels that are not there any more) is told in missing().
  FrameComparison(const Database& database,
                  const std::string& experiment,
                  const std::string& cache_folder);

  /// AP of one row of the table minus that of another, mean over the seeds that both have:
  ///
  /// - interval: 95 % expanded percentile bootstrap (results/statistics.h), frames drawn with
  ///   replacement, the same for both arms;
  /// - p: permutation test, the arms exchanged in each frame by the toss of a coin (all seeds of a
  ///   frame together), (b + 1) / (m + 1);
  /// - n: frames.
  ///
  /// Nothing for what is not ap_2d, ap_bev or ap_3d, and where the arms share no seed or not the
  /// same frames.
  std::optional<PairedDifference> operator()(std::int64_t variant,
                                             std::int64_t baseline,
                                             const MetricColumn& metric) const;

  const std::vector<std::string>& missing() const { return missing_; }

 private:
  std::map<std::int64_t, std::map<std::int64_t, LabelledCell>> cells_;  ///< variant, seed
  std::vector<std::string> missing_;
};

}  // namespace monodr
