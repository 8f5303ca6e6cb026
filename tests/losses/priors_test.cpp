// SPDX-License-Identifier: Apache-2.0
// The losses that look at the hypothesis alone, but for size (size_test.cpp).
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "losses/scene.h"

namespace monodr::test {
namespace {

Scene scene_at(double y, double z) {
  Scene scene = matching_scene();
  scene.hypothesis.location = at::tensor({0.0, y, z}, at::kDouble).reshape({1, 3});
  return scene;
}

TEST(GroundPlaneLoss, OneDeviationCostsOne) {
  EXPECT_NEAR(scene_at(1.65, 20).evaluate(*loss("ground_plane")), 0, 1e-20);
  EXPECT_NEAR(scene_at(1.72, 20).evaluate(*loss("ground_plane")), 1, 1e-9);
  EXPECT_NEAR(scene_at(1.58, 20).evaluate(*loss("ground_plane")), 1, 1e-9);
}

TEST(GroundPlaneLoss, TheRoadFallsAndIsTrustedLessFarAway) {
  const auto sloping = loss("ground_plane", {{"slope", 0.01}});
  EXPECT_NEAR(scene_at(1.65 + 0.3, 30).evaluate(*sloping), 0, 1e-20);
  const auto trusting_less = loss("ground_plane", {{"slope_deviation", 0.01}});
  EXPECT_NEAR(scene_at(1.65 + 0.3, 30).evaluate(*trusting_less), 0.09 / (0.0049 + 0.09), 1e-9);
}

TEST(CodePriorLoss, CountsTheShapeAndTheWayOfThePaint) {
  Scene scene = matching_scene();
  scene.hypothesis.shape_code = at::tensor({1.0, -2.0}, at::kDouble).reshape({1, 2});
  scene.hypothesis.texture_code = at::tensor({0.5, 0.5, 0.5}, at::kDouble).reshape({1, 3});
  scene.hypothesis.initial_texture_code = at::tensor({0.5, 0.0, 1.5}, at::kDouble).reshape({1, 3});
  EXPECT_NEAR(scene.evaluate(*loss("code_prior")), 5 + 2 * 1.25, 1e-12);
  EXPECT_NEAR(scene.evaluate(*loss("code_prior", {{"texture", 0.0}})), 5, 1e-12);
}

}  // namespace
}  // namespace monodr::test
