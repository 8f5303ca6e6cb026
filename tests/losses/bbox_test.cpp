// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "losses/scene.h"
#include "plugin/box_corners.h"

namespace monodr::test {
namespace {

TEST(BboxLoss, BottomIsFlatWithinTheMargin) {
  Scene scene = matching_scene();
  EXPECT_EQ(scene.evaluate(*loss("bbox")), 0);
  scene.hypothesis.vertices = scene.hypothesis.vertices.clone();
  scene.hypothesis.vertices.select(2, 0).add_(1.4 / 8);  // 1.4 px to the right
  EXPECT_EQ(scene.evaluate(*loss("bbox")), 0);
}

TEST(BboxLoss, GrowsByTheDistanceBeyondTheMargin) {
  Scene scene = matching_scene();
  scene.hypothesis.vertices.select(2, 0).add_(0.5);  // 4 px to the right: left and right are off
  EXPECT_NEAR(scene.evaluate(*loss("bbox")), 2 * (4 - 1.5) / kSide, 1e-12);
  EXPECT_NEAR(scene.evaluate(*loss("bbox", {{"margin", 0.0}})), 2 * 4.0 / kSide, 1e-12);
  // A fifth of 16 px is 3.2 px, more than the margin in pixels.
  EXPECT_NEAR(scene.evaluate(*loss("bbox", {{"margin_share", 0.2}})), 2 * 0.8 / kSide, 1e-12);
}

TEST(BboxLoss, OnlyFreeSidesCount) {
  Scene scene = matching_scene();
  scene.hypothesis.vertices.select(2, 0).add_(0.5);
  scene.observation.free_sides[0][0] = 0;
  EXPECT_NEAR(scene.evaluate(*loss("bbox")), (4 - 1.5) / kSide, 1e-12);
  scene.observation.free_sides.zero_();
  EXPECT_EQ(scene.evaluate(*loss("bbox")), 0);
  EXPECT_NEAR(
      scene.evaluate(*loss("bbox", {{"sides", std::string("all")}})), 2 * (4 - 1.5) / kSide, 1e-12);
}

TEST(BboxLoss, GradientPullsTheExtremeVertices) {
  Scene scene = matching_scene();
  scene.hypothesis.vertices.select(2, 0).add_(0.5);
  scene.hypothesis.vertices[0][0][0].sub_(0.01);  // the one leftmost vertex
  scene.hypothesis.vertices[0][2][0].add_(0.01);  // the one rightmost vertex
  scene.hypothesis.vertices.requires_grad_(true);
  const at::Tensor value = loss("bbox")->evaluate(scene.input()).sum();
  const at::Tensor gradient = torch::autograd::grad({value}, {scene.hypothesis.vertices})[0];
  EXPECT_NEAR(gradient[0][0][0].item<double>(), 8.0 / kSide, 1e-9);
  EXPECT_NEAR(gradient[0][2][0].item<double>(), 8.0 / kSide, 1e-9);
  EXPECT_EQ(gradient[0][1].abs().max().item<double>(), 0);
}

TEST(BboxLoss, VerticesBehindTheCameraAreLeftOut) {
  Scene scene = matching_scene();
  const at::Tensor behind = at::tensor({50.0, 50.0, -1.0}, at::kDouble).reshape({1, 1, 3});
  scene.hypothesis.vertices = at::cat({scene.hypothesis.vertices, behind}, 1);
  EXPECT_EQ(scene.evaluate(*loss("bbox")), 0);
  scene.hypothesis.vertices.select(2, 2).fill_(-1);
  EXPECT_NEAR(scene.evaluate(*loss("bbox")), 4 * (kSide - 1.5) / kSide, 1e-12);
}

TEST(BboxLoss, OfTheBoxIsThatOfAMeshOfItsCorners) {
  Scene scene = matching_scene();
  HypothesisBatch& hypothesis = scene.hypothesis;
  const int64_t count = hypothesis.vertices.size(0);
  hypothesis.location = at::tensor({0.3, 0.8, 9.0}, at::kDouble).repeat({count, 1});
  hypothesis.dimensions = at::tensor({1.5, 1.6, 3.9}, at::kDouble).repeat({count, 1});
  hypothesis.rotation_y = at::full({count}, 0.7, at::kDouble);
  for (at::Tensor* input : {&hypothesis.location, &hypothesis.dimensions, &hypothesis.rotation_y})
    input->requires_grad_(true);
  const double of_box = scene.evaluate(*loss("bbox", {{"of", std::string("box")}}));
  const at::Tensor value =
      loss("bbox", {{"of", std::string("box")}})->evaluate(scene.input()).sum();
  for (const at::Tensor& gradient : torch::autograd::grad(
           {value}, {hypothesis.location, hypothesis.dimensions, hypothesis.rotation_y}))
    EXPECT_GT(gradient.abs().max().item<double>(), 0);
  hypothesis.vertices =
      box_corners({hypothesis.location, hypothesis.dimensions, hypothesis.rotation_y}).detach();
  EXPECT_GT(of_box, 0);
  EXPECT_EQ(scene.evaluate(*loss("bbox")), of_box);
}

}  // namespace
}  // namespace monodr::test
