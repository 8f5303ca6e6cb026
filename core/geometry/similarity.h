// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace monodr {

/// A point of an object in its own axes and in the camera's frame: of a pixel whose object coordinates (NOCS) and depth are
/// known, both lifted into space.
struct PointPair {
  Eigen::Vector3d own, seen;
};

/// seen = scale rotation own + translation.
struct Similarity {
  double scale = 1;
  Eigen::Matrix3d rotation = Eigen::Matrix3d::Identity();
  Eigen::Vector3d translation = Eigen::Vector3d::Zero();

  Eigen::Vector3d operator()(const Eigen::Vector3d& own) const {
    return scale * (rotation * own) + translation;
  }
};

/// Which rotations may be found: all, or those about the camera's y axis (geometry/rotation.h), as of an object on level ground.
enum class Turns { any, about_y };

/// What a scale may be. Points on one side of an object fix its size badly, and few of them not at all: who knows its class says so.
struct ScaleRange {
  double least = 0, most = std::numeric_limits<double>::infinity();
};

/// The similarity with the least sum of squared distances |s R own + t - seen|^2 (Procrustes; Umeyama, PAMI 1991; about_y in closed
/// form), its scale within the range. Nothing where the pairs do not fix it: fewer than three, or all on a line (about_y: two, or seen
/// from above one place).
std::optional<Similarity> procrustes(const std::vector<PointPair>& pairs,
                                     Turns turns,
                                     const ScaleRange& range = {});

/// RANSAC's constants, as SDFLabel's code has them (Zakharov et al., CVPR 2020).
struct RansacSettings {
  int sample = 4;            ///< pairs of an attempt
  double confidence = 0.99;  ///< that some attempt draws no outlier, if no more than
  double outliers = 0.7;     ///< of the pairs are
  double threshold = 0.15;   ///< of |s R own + t - seen|, in the unit of `seen`, of an inlier
  int fewest_inliers = 5;
  ScaleRange scale = {};

  /// log(1 - confidence) / log(1 - (1 - outliers)^sample): 567 with the above.
  int attempts() const;
};

struct RobustSimilarity {
  Similarity similarity;
  std::vector<std::size_t> inliers;  ///< of the pairs, ascending
};

/// The similarity of the attempt with most inliers, fitted anew to all of those until they stay (Fischler & Bolles, 1981). The
/// same pairs and seed give the same bits. Nothing where no attempt has `fewest_inliers`.
std::optional<RobustSimilarity> robust_similarity(const std::vector<PointPair>& pairs,
                                                  Turns turns,
                                                  const RansacSettings& settings,
                                                  std::uint64_t seed);

}  // namespace monodr
