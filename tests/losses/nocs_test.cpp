// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/error.h"
#include "losses/scene.h"

namespace monodr::test {
namespace {

/// Coordinates that change by 1/64 a pixel, rendered and said alike.
Scene scene_with_coordinates() {
  Scene scene = matching_scene();
  const at::Tensor ramp = at::arange(kSide, at::kDouble) / kSide;
  const at::Tensor along = ramp.view({1, 1, 1, kSide}).expand({1, 1, kSide, kSide}),
                   down = ramp.view({1, 1, kSide, 1}).expand({1, 1, kSide, kSide});
  const at::Tensor coordinates = at::cat({along, down, 0.5 * along}, 1);
  scene.rendering.attributes["nocs"] = coordinates.clone();
  scene.observation.coordinates = at::cat({coordinates, scene.observation.mask.unsqueeze(1)}, 1);
  return scene;
}

TEST(NocsLoss, IsZeroWhereTheCoordinatesAreTheSame) {
  EXPECT_NEAR(scene_with_coordinates().evaluate(*loss("nocs")), 0, 1e-9);
}

TEST(NocsLoss, LooksWithinTheRadius) {
  Scene scene = scene_with_coordinates();
  // What is said stands two pixels to the right of where it is rendered.
  scene.observation.coordinates =
      at::roll(scene.observation.coordinates, at::IntArrayRef({2}), at::IntArrayRef({3}));
  EXPECT_NEAR(scene.evaluate(*loss("nocs", {{"radius", std::int64_t{2}}})), 0, 1e-9);
  EXPECT_GT(scene.evaluate(*loss("nocs", {{"radius", std::int64_t{0}}})), 0.02);
}

TEST(NocsLoss, CostsTheCapWhereNothingIsSaidOrCovered) {
  Scene scene = scene_with_coordinates();
  const auto capped = loss("nocs", {{"cap", 0.3}});
  scene.observation.coordinates.zero_();
  EXPECT_NEAR(scene.evaluate(*capped), 0.3, 1e-9);
  scene = scene_with_coordinates();
  scene.rendering.silhouette.zero_();
  EXPECT_NEAR(scene.evaluate(*capped), 0.3, 1e-9);
}

TEST(NocsLoss, PullsTheRenderedCoordinatesToThoseThatAreSaid) {
  Scene scene = scene_with_coordinates();
  at::Tensor& rendered = scene.rendering.attributes["nocs"];
  rendered = (rendered + at::tensor({0.0, 0.0, 0.1}, at::kDouble).view({1, 3, 1, 1})).detach();
  rendered.set_requires_grad(true);
  const at::Tensor value = loss("nocs", {{"radius", std::int64_t{0}}})->evaluate(scene.input());
  const at::Tensor gradient = torch::autograd::grad({value.sum()}, {rendered})[0];
  const at::Tensor inside = scene.observation.mask.gt(0.5);
  EXPECT_TRUE(gradient.select(1, 2).masked_select(inside).gt(0).all().item<bool>());
  EXPECT_EQ(gradient.select(1, 2).masked_select(inside.logical_not()).abs().max().item<double>(),
            0);
  EXPECT_LT(gradient.select(1, 0).abs().max().item<double>(), 1e-9);
}

TEST(NocsLoss, SaysWhatIsMissing) {
  Scene scene = scene_with_coordinates();
  scene.observation.coordinates = at::Tensor();
  try {
    scene.evaluate(*loss("nocs"));
    FAIL() << "no coordinates were said";
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("predictor+fit"));
  }
}

}  // namespace
}  // namespace monodr::test
