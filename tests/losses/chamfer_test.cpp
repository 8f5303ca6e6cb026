// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "base/random.h"
#include "losses/scene.h"

namespace monodr::test {
namespace {

double robust(double distance, double scale = 0.3) {
  const double squared = distance * distance / (scale * scale);
  return squared / (1 + squared);
}

TEST(ChamferLoss, PointsOnTheSurfaceCostNothing) {
  EXPECT_NEAR(matching_scene().evaluate(*loss("chamfer")), 0, 1e-20);
}

TEST(ChamferLoss, AShiftAlongTheAxisCostsItsRobustSize) {
  Scene scene = matching_scene();
  scene.observation.depth.mul_(1.02);  // 0.2 m behind the square, and still over it
  EXPECT_NEAR(scene.evaluate(*loss("chamfer")), robust(0.2), 1e-9);
  EXPECT_NEAR(scene.evaluate(*loss("chamfer", {{"scale", 0.1}})), robust(0.2, 0.1), 1e-9);
}

TEST(ChamferLoss, TheNearestPlaceMayBeAnEdge) {
  Scene scene = matching_scene();
  // 3 m to the right: every point's nearest place is on the left edge, at x = 2.
  scene.hypothesis.vertices.select(2, 0).add_(3);
  double expected = 0;
  for (int column = 24; column < 40; ++column)
    expected += robust(2 - (column + 0.5 - 32) / 80 * 10) / 16;
  EXPECT_NEAR(scene.evaluate(*loss("chamfer", {{"points", std::int64_t{256}}})), expected, 1e-9);
}

TEST(ChamferLoss, OnlyKnownPixelsOfTheMaskWithDepthArePoints) {
  Scene scene = matching_scene();
  scene.observation.depth.mul_(1.02);
  scene.observation.known.zero_();
  EXPECT_EQ(scene.evaluate(*loss("chamfer")), 0);
  scene = matching_scene();
  scene.observation.depth.fill_(17);  // far off outside of the mask
  scene.observation.depth.narrow(1, 24, 16).narrow(2, 24, 16).fill_(10);
  EXPECT_NEAR(scene.evaluate(*loss("chamfer")), 0, 1e-20);
}

TEST(ChamferLoss, GradientPullsTheSurfaceToThePoints) {
  Scene scene = matching_scene();
  scene.observation.depth.mul_(1.02);
  scene.hypothesis.vertices.requires_grad_(true);
  const at::Tensor value = loss("chamfer")->evaluate(scene.input()).sum();
  const at::Tensor gradient = torch::autograd::grad({value}, {scene.hypothesis.vertices})[0];
  // Together the corners carry the whole slope: they should go away from the camera.
  const double saturation = 1 + 0.04 / 0.09;
  EXPECT_NEAR(gradient.select(2, 2).sum().item<double>(),
              -2 * 0.2 / (0.09 * saturation * saturation),
              1e-9);
}

// Against the finest possible search: a grid of places on each triangle.
TEST(ChamferLoss, FindsTheNearestOfAllTriangles) {
  const unsigned seed = 6;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  for (int trial = 0; trial < 20; ++trial) {
    Scene scene = matching_scene();
    scene.observation.depth.zero_();
    scene.observation.depth[0][32][32] = 10;
    const double x = 0.5 / 80 * 10;  // of the one point; y is the same
    at::Tensor vertices = at::zeros({1, 30, 3}, at::kDouble);
    for (int i = 0; i < 90; ++i)
      vertices.data_ptr<double>()[i] = random.uniform(-1, 1) + (i % 3 == 2 ? 10 : 0);
    scene.hypothesis.vertices = vertices;
    scene.hypothesis.faces = at::arange(30, at::kLong).reshape({10, 3});
    constexpr int kGrid = 200;
    double nearest = 1e9;
    const auto v = vertices.accessor<double, 3>();
    for (int f = 0; f < 30; f += 3)
      for (int i = 0; i <= kGrid; ++i)
        for (int j = 0; i + j <= kGrid; ++j) {
          const double a = double(i) / kGrid, b = double(j) / kGrid, c = 1 - a - b;
          double squared = 0;
          for (int axis = 0; axis < 3; ++axis) {
            const double place = a * v[0][f][axis] + b * v[0][f + 1][axis] + c * v[0][f + 2][axis];
            squared += std::pow(place - (axis == 2 ? 10 : x), 2);
          }
          nearest = std::min(nearest, std::sqrt(squared));
        }
    const double value = scene.evaluate(*loss("chamfer"));
    const double distance = 0.3 * std::sqrt(value / (1 - value));
    EXPECT_LE(distance, nearest + 1e-9) << trial;
    EXPECT_GE(distance, nearest - 0.02) << trial;
  }
}

TEST(ChamferLoss, MeshesMayHaveFacesOfTheirOwn) {
  Scene scene = matching_scene();
  scene.observation.depth.mul_(1.02);
  const double whole = scene.evaluate(*loss("chamfer"));
  scene.hypothesis.object = at::zeros({2}, at::kLong);
  scene.hypothesis.vertices = scene.hypothesis.vertices.repeat({2, 1, 1});
  scene.hypothesis.faces =
      at::tensor({0, 1, 2, 0, 2, 3, 0, 1, 2, -1, -1, -1}, at::kLong).reshape({2, 2, 3});
  const at::Tensor value = loss("chamfer")->evaluate(scene.input());
  EXPECT_NEAR(value[0].item<double>(), whole, 1e-12);
  EXPECT_GT(value[1].item<double>(), whole + 0.1) << "half of the square is missing";
}

TEST(ChamferLoss, ATriangleWithoutAreaIsALine) {
  Scene scene = matching_scene();
  scene.observation.depth.zero_();
  scene.observation.depth[0][32][32] = 10;
  scene.hypothesis.vertices =
      at::tensor({-1.0, 0.5, 10.0, 1.0, 0.5, 10.0, 0.0, 0.5, 10.0}, at::kDouble).reshape({1, 3, 3});
  scene.hypothesis.faces = at::arange(3, at::kLong).reshape({1, 3});
  EXPECT_NEAR(scene.evaluate(*loss("chamfer")), robust(0.5 - 0.5 / 80 * 10), 1e-9);
}

}  // namespace
}  // namespace monodr::test
