// SPDX-License-Identifier: Apache-2.0
#include "fitting/observed_points.h"

#include <algorithm>

namespace monodr {
namespace {

constexpr size_t kFewest = 8;

/// Of a square of 0 and 1: what is left where all within `radius` rows and columns are 1.
std::vector<char> eroded(std::vector<char> mask, int side, int radius) {
  for (int step = 0; step < radius; ++step) {
    const std::vector<char> before = mask;
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        for (const auto& [dy, dx] : {std::pair{0, 1}, {0, -1}, {1, 0}, {-1, 0}}) {
          const int v = y + dy, u = x + dx;
          const bool inside = v >= 0 && u >= 0 && v < side && u < side;
          if (!inside || before[static_cast<size_t>(v * side + u)] == 0)
            mask[static_cast<size_t>(y * side + x)] = 0;
        }
  }
  return mask;
}

}  // namespace

std::vector<Eigen::Vector3f> observed_points(const ObservationBatch& batch,
                                             int64_t object,
                                             int erosion) {
  const int side = static_cast<int>(batch.mask.size(-1));
  const int64_t pixels = int64_t{side} * side;
  const float* mask = batch.mask.data_ptr<float>() + object * pixels;
  const float* known = batch.known.data_ptr<float>() + object * pixels;
  const float* depth = batch.depth.data_ptr<float>() + object * pixels;
  const float* k = batch.intrinsics.data_ptr<float>() + object * 9;

  std::vector<char> covered(static_cast<size_t>(pixels));
  for (int64_t p = 0; p < pixels; ++p) covered[static_cast<size_t>(p)] = mask[p] > 0.5F;
  const auto points_under = [&](const std::vector<char>& where) {
    std::vector<Eigen::Vector3f> points;
    for (int p = 0; p < pixels; ++p) {
      if (where[static_cast<size_t>(p)] == 0 || !(depth[p] > 0) || known[p] <= 0.5F) continue;
      const float u = static_cast<float>(p % side) + 0.5F, v = static_cast<float>(p / side) + 0.5F;
      points.emplace_back((u - k[2]) / k[0] * depth[p], (v - k[5]) / k[4] * depth[p], depth[p]);
    }
    return points;
  };
  const std::vector<Eigen::Vector3f> all = points_under(covered);
  for (; erosion > 0; erosion /= 2) {
    std::vector<Eigen::Vector3f> inner = points_under(eroded(covered, side, erosion));
    if (inner.size() >= std::max(kFewest, all.size() / 3)) return inner;
  }
  return all;
}

std::vector<Eigen::Vector3f> thinned(const std::vector<Eigen::Vector3f>& points, size_t count) {
  if (points.size() <= count) return points;
  std::vector<Eigen::Vector3f> some;
  for (size_t i = 0; i < count; ++i) some.push_back(points[i * points.size() / count]);
  return some;
}

}  // namespace monodr
