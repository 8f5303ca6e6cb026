// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "losses/scene.h"

namespace monodr::test {
namespace {

TEST(RayConsistencyLoss, RaysThatEndWhereTheyShouldCostNothing) {
  EXPECT_NEAR(matching_scene().evaluate(*loss("ray_consistency")), 0, 1e-12);
}

TEST(RayConsistencyLoss, IsWhatARayExpectsToPay) {
  Scene scene = matching_scene();
  // Inside the mask a ray ends with 0.7, 0.5 m behind what was seen; outside with 0.2.
  const at::Tensor inside = rectangle(24, 24, 40, 40);
  scene.rendering.silhouette = 0.2 + 0.5 * inside;
  scene.rendering.depth = 10.5 * inside;
  const double area = 16 * 16, outside = kSide * kSide - area;
  const double of_mask = (0.3 * area + 0.2 * outside) / area;
  const double of_depth = 0.7 * (0.5 / 2) + 0.3;
  EXPECT_NEAR(scene.evaluate(*loss("ray_consistency", {{"depth", 0.0}})), of_mask, 1e-9);
  EXPECT_NEAR(
      scene.evaluate(*loss("ray_consistency", {{"depth", 0.5}})), of_mask + 0.5 * of_depth, 1e-9);
  // Further off than the cap is as bad as an escape.
  scene.rendering.depth = 17 * inside;
  EXPECT_NEAR(scene.evaluate(*loss("ray_consistency")), of_mask + 1, 1e-9);
}

/// The published formula of one ray: sum_i p_i psi_i over its cells and the escape, p_i = x_i prod_{j<i} (1 - x_j).
double expected_cost(const std::vector<double>& occupancy,
                     const std::vector<double>& cost,
                     double cost_of_escape) {
  double reached = 1, sum = 0;
  for (size_t i = 0; i < occupancy.size(); ++i) {
    sum += reached * occupancy[i] * cost[i];
    reached *= 1 - occupancy[i];
  }
  return sum + reached * cost_of_escape;
}

TEST(RayConsistencyLoss, IsThePublishedSumOverTheCellsOfARayWithOneSurface) {
  constexpr double kCap = 1.5, kWeight = 0.7;
  Scene scene = matching_scene();
  const auto values = [](double factor) {
    return 0.5 +
           0.5 * at::sin(factor * at::arange(kSide * kSide, at::kDouble)).view({1, kSide, kSide});
  };
  scene.observation.mask = values(1.3);
  scene.observation.depth = (10 + values(0.7)) * values(2.1).gt(0.3);
  scene.rendering.silhouette = values(1.7);
  scene.rendering.depth = 8 + 5 * values(3.1);
  const auto at_pixel = [](const at::Tensor& image, int i) { return image.data_ptr<double>()[i]; };
  double sum = 0, area = 0;
  for (int i = 0; i < kSide * kSide; ++i) {
    const double seen = at_pixel(scene.observation.mask, i),
                 hit = at_pixel(scene.rendering.silhouette, i),
                 surface = at_pixel(scene.rendering.depth, i),
                 depth = at_pixel(scene.observation.depth, i);
    // 80 cells, as published; all are empty but the one that the surface is in.
    constexpr int kCells = 80;
    const double first = surface - 3.7;
    std::vector<double> occupancy(kCells), by_mask(kCells), by_depth(kCells);
    for (int cell = 0; cell < kCells; ++cell) {
      const double z = first + 0.1 * cell;
      occupancy[cell] = cell == 37 ? hit : 0;
      by_mask[cell] = std::abs(seen - 1);
      by_depth[cell] = std::min(std::abs(z - depth), kCap) / kCap;
    }
    sum += expected_cost(occupancy, by_mask, seen);
    if (depth > 0 && seen >= 0.5) sum += kWeight * expected_cost(occupancy, by_depth, 1);
    area += seen;
  }
  EXPECT_NEAR(scene.evaluate(*loss("ray_consistency", {{"depth", kWeight}, {"cap", kCap}})),
              sum / area,
              1e-9);
}

TEST(RayConsistencyLoss, UnknownPixelsSayNothing) {
  Scene scene = matching_scene();
  scene.rendering.silhouette = rectangle(24, 24, 48, 40);
  scene.observation.known = 1 - rectangle(40, 0, 64, 64);
  EXPECT_NEAR(scene.evaluate(*loss("ray_consistency")), 0, 1e-12);
}

TEST(RayConsistencyLoss, ItsSlopesAreThoseOfDifferences) {
  Scene scene = matching_scene();
  scene.rendering.silhouette = 0.2 + 0.6 * rectangle(30, 24, 46, 40);
  scene.rendering.depth = scene.rendering.depth + 0.3;
  const auto rays = loss("ray_consistency");
  for (at::Tensor* channel : {&scene.rendering.silhouette, &scene.rendering.depth}) {
    const at::Tensor before = channel->clone();
    *channel = before.clone().requires_grad_(true);
    const at::Tensor slope =
        torch::autograd::grad({rays->evaluate(scene.input()).sum()}, {*channel})[0];
    const at::Tensor direction = at::sin(at::arange(before.numel(), at::kDouble)).view_as(before);
    constexpr double kStep = 1e-4;
    *channel = before + kStep * direction;
    const double up = scene.evaluate(*rays);
    *channel = before - kStep * direction;
    const double down = scene.evaluate(*rays);
    *channel = before;
    EXPECT_NEAR((slope * direction).sum().item<double>(), (up - down) / (2 * kStep), 1e-6);
  }
}

}  // namespace
}  // namespace monodr::test
