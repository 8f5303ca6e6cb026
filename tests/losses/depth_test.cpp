// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "losses/scene.h"

namespace monodr::test {
namespace {

double robust(double r) {
  return r * r / (1 + r * r);
}

TEST(DepthLoss, EqualDepthCostsNothing) {
  EXPECT_EQ(matching_scene().evaluate(*loss("depth")), 0);
}

TEST(DepthLoss, LogResidualForNoisyDepth) {
  Scene scene = matching_scene();
  scene.rendering.depth = scene.rendering.depth * 1.2;
  EXPECT_NEAR(scene.evaluate(*loss("depth")), robust(std::log(1.2) / 0.15), 1e-12);
}

TEST(DepthLoss, MetricResidualForLidar) {
  Scene scene = matching_scene();
  scene.observation.depth_deviation = at::zeros({1}, at::kDouble);
  scene.rendering.depth = scene.rendering.depth * 1.05;
  EXPECT_NEAR(scene.evaluate(*loss("depth")), robust(0.5 / 0.25), 1e-12);
  const auto log = loss("depth", {{"kind", std::string("log")}});
  EXPECT_NEAR(scene.evaluate(*log), robust(std::log(1.05) / 0.15), 1e-12);
}

TEST(DepthLoss, PixelsWhereNothingIsRenderedAreSaturated) {
  Scene scene = matching_scene();
  scene.observation.depth_deviation = at::zeros({1}, at::kDouble);  // keeps the border
  scene.rendering.depth = 10 * rectangle(32, 24, 48, 40);
  EXPECT_NEAR(scene.evaluate(*loss("depth")), 0.5, 1e-12);
}

TEST(DepthLoss, NoisyDepthNearTheMasksEdgeIsLeftOut) {
  Scene scene = matching_scene();
  // Bleeding: two pixels along the edge lie at the background's depth.
  scene.observation.depth = 16 * rectangle(24, 24, 40, 40) - 6 * rectangle(26, 26, 38, 38);
  EXPECT_EQ(scene.evaluate(*loss("depth")), 0);
  EXPECT_GT(scene.evaluate(*loss("depth", {{"border", 0.0}})), 0.1);
}

TEST(DepthLoss, TheEdgeStaysWhereLittleElseWould) {
  Scene scene = matching_scene();
  scene.observation.mask = rectangle(24, 24, 40, 29);  // 5 rows: one survives the border
  scene.rendering.depth = scene.rendering.depth * 1.2;
  EXPECT_GT(scene.evaluate(*loss("depth")), 0.1);
  scene.observation.depth = 12 * rectangle(24, 24, 40, 26);  // none of it in the middle row
  EXPECT_EQ(scene.evaluate(*loss("depth")), 0);
}

TEST(DepthLoss, DepthOffTheMaskOrUnknownSaysNothing) {
  Scene scene = matching_scene();
  scene.observation.depth = at::full({1, kSide, kSide}, 3.0, at::kDouble);
  scene.observation.known = 1 - rectangle(0, 0, kSide, kSide);
  EXPECT_EQ(scene.evaluate(*loss("depth")), 0);
  scene.observation.known = at::ones({1, kSide, kSide}, at::kDouble);
  scene.observation.mask = at::zeros({1, kSide, kSide}, at::kDouble);
  EXPECT_EQ(scene.evaluate(*loss("depth")), 0);
}

TEST(DepthLoss, EvidenceFollowsAnObservationThatIsChangedInPlace) {
  Scene scene = matching_scene();
  const auto depth = loss("depth");
  EXPECT_EQ(scene.evaluate(*depth), 0);
  scene.observation.mask.copy_(rectangle(0, 0, 16, 16));
  scene.observation.depth.copy_(10 * rectangle(0, 0, 16, 16));
  EXPECT_EQ(scene.evaluate(*depth), 1);
}

/// 10 m with relative errors of 10 %, equal over squares of `cell` pixels; the square is 48 wide.
Scene noisy_scene(int cell) {
  at::manual_seed(7);
  Scene scene = matching_scene();
  scene.observation.mask = rectangle(8, 8, 56, 56);
  const int cells = (kSide + cell - 1) / cell;
  const at::Tensor noise = (0.1 * at::randn({1, cells, cells}, at::kDouble))
                               .repeat_interleave(cell, 1)
                               .repeat_interleave(cell, 2)
                               .slice(1, 0, kSide)
                               .slice(2, 0, kSide);
  scene.observation.depth = 10 * noise.exp();
  scene.observation.depth_deviation = at::full({1}, 0.1, at::kDouble);
  scene.rendering.depth = 10.5 * rectangle(8, 8, 56, 56);
  return scene;
}

TEST(DepthLoss, ErrorsThatAverageOutOverTheObjectWeighMore) {
  const auto gain = [](const Scene& scene) {
    return scene.evaluate(*loss("depth", {{"factor_local", 20.0}})) /
           scene.evaluate(*loss("depth"));
  };
  const double white = gain(noisy_scene(1));
  EXPECT_GT(white, 5);
  EXPECT_LE(white, 20);
  EXPECT_NEAR(gain(noisy_scene(32)), 1, 1e-9);  // four patches of 32 pixels: hardly a change

  Scene surer = noisy_scene(1);  // the map admits more than it shows: the rest must be shared
  surer.observation.depth_deviation = at::full({1}, 0.2, at::kDouble);
  EXPECT_NEAR(gain(surer), 1 / (1 - 0.25), 0.05);
}

TEST(DepthLoss, ASlantedSurfaceIsNoNoise) {
  Scene scene = noisy_scene(64);
  scene.observation.depth =
      10 * (0.02 * at::arange(kSide, at::kDouble)).exp().repeat({1, kSide, 1});
  scene.rendering.depth = 1.05 * scene.observation.depth;
  EXPECT_NEAR(scene.evaluate(*loss("depth", {{"factor_local", 20.0}})),
              scene.evaluate(*loss("depth")),
              1e-9);
}

TEST(DepthLoss, LidarIsWeightedByItsOwnFactor) {
  Scene scene = noisy_scene(1);
  scene.observation.depth_deviation = at::zeros({1}, at::kDouble);
  EXPECT_NEAR(scene.evaluate(*loss("depth", {{"factor_local", 20.0}, {"factor_metric", 3.0}})),
              3 * scene.evaluate(*loss("depth")),
              1e-9);
}

TEST(DepthLoss, GradientMovesTheSurfaceTowardsTheMeasurement) {
  Scene scene = matching_scene();
  scene.rendering.depth = (scene.rendering.depth * 1.1).requires_grad_(true);
  const at::Tensor value = loss("depth")->evaluate(scene.input()).sum();
  const at::Tensor gradient = torch::autograd::grad({value}, {scene.rendering.depth})[0];
  EXPECT_GT(gradient[0][32][32].item<double>(), 0);
  EXPECT_EQ(gradient[0][5][5].item<double>(), 0);
}

}  // namespace
}  // namespace monodr::test
