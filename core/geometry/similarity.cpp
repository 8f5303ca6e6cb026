// SPDX-License-Identifier: Apache-2.0
#include "geometry/similarity.h"

#include <Eigen/LU>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr double kDegenerate = 1e-9;  // of the spread: what fixes nothing
constexpr int kRefits = 10;           // at most

struct Moments {
  Eigen::Vector3d own = Eigen::Vector3d::Zero(), seen = Eigen::Vector3d::Zero();  // means
  Eigen::Matrix3d both = Eigen::Matrix3d::Zero();  // sum of (seen - mean)(own - mean)^T
  double spread = 0;                               // sum of |own - mean|^2
};

Moments moments_of(const std::vector<PointPair>& pairs) {
  Moments sums;
  for (const PointPair& pair : pairs) {
    sums.own += pair.own;
    sums.seen += pair.seen;
  }
  sums.own /= static_cast<double>(pairs.size());
  sums.seen /= static_cast<double>(pairs.size());
  for (const PointPair& pair : pairs) {
    const Eigen::Vector3d own = pair.own - sums.own;
    sums.both += (pair.seen - sums.seen) * own.transpose();
    sums.spread += own.squaredNorm();
  }
  return sums;
}

Similarity placed(double scale, const Eigen::Matrix3d& rotation, const Moments& sums) {
  return {scale, rotation, sums.seen - scale * (rotation * sums.own)};
}

/// sum |seen|^2 - 2 s tr(R^T both) + s^2 spread: the rotation maximises tr(R^T both) at any scale, and the best scale of a range is
/// that which is nearest to the best of all.
std::optional<Similarity> turned_at_will(const Moments& sums, const ScaleRange& range) {
  const Eigen::JacobiSVD<Eigen::Matrix3d> svd(sums.both, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::Vector3d values = svd.singularValues();
  if (!(values[1] > kDegenerate * values[0])) return std::nullopt;
  Eigen::Matrix3d flip = Eigen::Matrix3d::Identity();
  if ((svd.matrixU() * svd.matrixV().transpose()).determinant() < 0) flip(2, 2) = -1;
  const Eigen::Matrix3d rotation = svd.matrixU() * flip * svd.matrixV().transpose();
  const double scale = (values.asDiagonal() * flip).trace() / sums.spread;
  return placed(std::clamp(scale, range.least, range.most), rotation, sums);
}

/// Of R = [[c,0,s],[0,1,0],[-s,0,c]]: tr(R^T both) = c (xx + zz) + s (xz - zx) + yy.
std::optional<Similarity> turned_about_y(const Moments& sums, const ScaleRange& range) {
  const Eigen::Matrix3d& both = sums.both;
  const double along = both(0, 0) + both(2, 2), across = both(0, 2) - both(2, 0);
  const double length = std::hypot(along, across);
  if (!(length > kDegenerate * sums.spread)) return std::nullopt;
  const double scale = std::clamp((length + both(1, 1)) / sums.spread, range.least, range.most);
  if (!(scale > 0)) return std::nullopt;
  return placed(scale, yaw_matrix(std::atan2(across, along)), sums);
}

std::vector<std::size_t> inliers_of(const Similarity& similarity,
                                    const std::vector<PointPair>& pairs,
                                    double threshold) {
  std::vector<std::size_t> inliers;
  for (std::size_t i = 0; i < pairs.size(); ++i)
    if ((similarity(pairs[i].own) - pairs[i].seen).norm() <= threshold) inliers.push_back(i);
  return inliers;
}

std::vector<PointPair> chosen(const std::vector<PointPair>& pairs,
                              const std::vector<std::size_t>& which) {
  std::vector<PointPair> some;
  for (const std::size_t i : which) some.push_back(pairs[i]);
  return some;
}

/// Different ones.
std::vector<PointPair> drawn(const std::vector<PointPair>& pairs, int count, Random& random) {
  std::vector<std::size_t> which;
  while (which.size() < static_cast<std::size_t>(count)) {
    const auto one = static_cast<std::size_t>(random.below(static_cast<int>(pairs.size())));
    if (std::find(which.begin(), which.end(), one) == which.end()) which.push_back(one);
  }
  return chosen(pairs, which);
}

}  // namespace

std::optional<Similarity> procrustes(const std::vector<PointPair>& pairs,
                                     Turns turns,
                                     const ScaleRange& range) {
  if (pairs.size() < (turns == Turns::any ? 3U : 2U)) return std::nullopt;
  const Moments sums = moments_of(pairs);
  if (!(sums.spread > 0)) return std::nullopt;
  return turns == Turns::any ? turned_at_will(sums, range) : turned_about_y(sums, range);
}

int RansacSettings::attempts() const {
  const double clean = std::pow(1 - outliers, sample);
  return static_cast<int>(std::ceil(std::log(1 - confidence) / std::log(1 - clean)));
}

std::optional<RobustSimilarity> robust_similarity(const std::vector<PointPair>& pairs,
                                                  Turns turns,
                                                  const RansacSettings& settings,
                                                  std::uint64_t seed) {
  if (pairs.size() < static_cast<std::size_t>(std::max(settings.sample, settings.fewest_inliers)))
    return std::nullopt;
  Random random(seed, "similarity", 0);
  RobustSimilarity best;
  for (int attempt = 0; attempt < settings.attempts(); ++attempt) {
    const auto found = procrustes(drawn(pairs, settings.sample, random), turns, settings.scale);
    if (!found) continue;
    std::vector<std::size_t> inliers = inliers_of(*found, pairs, settings.threshold);
    if (inliers.size() > best.inliers.size()) best = {*found, std::move(inliers)};
  }
  if (best.inliers.size() < static_cast<std::size_t>(settings.fewest_inliers)) return std::nullopt;
  for (int refit = 0; refit < kRefits; ++refit) {
    const auto found = procrustes(chosen(pairs, best.inliers), turns, settings.scale);
    if (!found) break;
    std::vector<std::size_t> inliers = inliers_of(*found, pairs, settings.threshold);
    if (inliers.size() < static_cast<std::size_t>(settings.fewest_inliers)) break;
    const bool stays = inliers == best.inliers;
    best = {*found, std::move(inliers)};
    if (stays) break;
  }
  return best;
}

}  // namespace monodr
