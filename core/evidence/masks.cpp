// SPDX-License-Identifier: Apache-2.0
#include "evidence/masks.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

constexpr double kInFrontBy = 3;  // px; below that detectors' box edges are not told apart

// The middle of the box, where a car's own surface is seen and not the road or what is behind.
constexpr double kCoreLeft = 0.20, kCoreRight = 0.80, kCoreTop = 0.25, kCoreBottom = 0.85;
constexpr double kLocalRange = 3.0;           // m: half a car and the road beside it
constexpr double kGroundPercentile = 0.97;    // nearly the lowest point, without strays below
constexpr double kOccluderNearerBy = 2.5;     // m: more than a car's width, less than its length
constexpr double kOccluderAboveGround = 0.3;  // m: the road in front is no occluder
constexpr int kOccluderRadius = 3;            // px: half the gap between two LiDAR rows

bool inside(const Box2d& box, double u, double v) {
  return u >= box.left && u < box.right && v >= box.top && v < box.bottom;
}

double quantile(std::vector<double>& values, double share) {
  const auto position = values.begin() + std::ptrdiff_t(share * (values.size() - 1) + 0.5);
  std::nth_element(values.begin(), position, values.end());
  return *position;
}

template <typename Visit>  // visit(u, v, z) at pixel centres
void for_each_depth(const DepthMap& depth, const Box2d& box, Visit visit) {
  const Box2d area = box.clipped_to(depth.metres.width, depth.metres.height);
  for (int y = int(area.top); y < int(std::ceil(area.bottom)); ++y)
    for (int x = int(area.left); x < int(std::ceil(area.right)); ++x)
      if (const float z = depth.metres.at(x, y); z > 0) visit(x + 0.5, y + 0.5, double(z));
}

}  // namespace

bool is_in_front(const Box2d& other, const Box2d& box) {
  return other.bottom > box.bottom + kInFrontBy;
}

GroundRange GroundRange::around(double camera_height) {
  constexpr double kAbove = 0.45, kBelow = 0.65;  // m: KITTI's range around its 1.65 m
  return {std::max(0.0, camera_height - kAbove), camera_height + kBelow, 0};
}

DepthLocus locate_depth(const DepthMap& depth,
                        const Camera& camera,
                        const Box2d& box,
                        const std::vector<Box2d>& nearer,
                        const GroundRange& range) {
  if (depth.empty()) return {};
  const auto belongs_to_nearer = [&](double u, double v) {
    return std::any_of(
        nearer.begin(), nearer.end(), [&](const Box2d& other) { return inside(other, u, v); });
  };
  const Box2d core{box.left + kCoreLeft * box.width(),
                   box.top + kCoreTop * box.height(),
                   box.left + kCoreRight * box.width(),
                   box.top + kCoreBottom * box.height()};
  std::vector<double> depths;
  for_each_depth(depth, core, [&](double u, double v, double z) {
    if (!belongs_to_nearer(u, v)) depths.push_back(z);
  });
  if (depths.empty()) return {};

  return locus_at(typical_depth(std::move(depths), depth.is_sparse), depth, camera, box, range);
}

DepthLocus locus_at(double central,
                    const DepthMap& depth,
                    const Camera& camera,
                    const Box2d& box,
                    const GroundRange& range) {
  DepthLocus locus;
  locus.central = central;
  std::vector<double> heights;
  for_each_depth(depth, box, [&](double, double v, double z) {
    if (std::abs(z - locus.central) < kLocalRange)
      heights.push_back((v - camera.intrinsics.cy) / camera.intrinsics.fy * z);
  });
  const GroundRange here = range.at(central);
  locus.ground = heights.empty()
                     ? here.lowest
                     : std::clamp(quantile(heights, kGroundPercentile), here.highest, here.lowest);
  return locus;
}

BinaryMask depth_occluders(const Box2d& window,
                           const DepthMap& depth,
                           const Camera& camera,
                           const DepthLocus& locus) {
  BinaryMask occluders(camera.width, camera.height);
  if (!locus.known()) return occluders;
  const double margin = kOccluderNearerBy + 2 * depth.deviation_at(locus.central) * locus.central;
  const int radius = depth.is_sparse ? kOccluderRadius : 0;
  for_each_depth(depth, window, [&](double u, double v, double z) {
    const double y = (v - camera.intrinsics.cy) / camera.intrinsics.fy * z;
    if (z > locus.central - margin || y > locus.ground - kOccluderAboveGround) return;
    for (int py = int(v) - radius; py <= int(v) + radius; ++py)
      for (int px = int(u) - radius; px <= int(u) + radius; ++px)
        if (occluders.contains(px, py)) occluders.at(px, py) = 1;
  });
  return occluders;
}

}  // namespace monodr
