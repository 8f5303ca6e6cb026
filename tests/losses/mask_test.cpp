// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "losses/scene.h"

namespace monodr::test {
namespace {

const char* const kKinds[] = {"iou", "tanimoto", "squared_error", "multi_scale"};

TEST(MaskLoss, PerfectOverlapCostsNothing) {
  for (const char* kind : kKinds)
    EXPECT_NEAR(matching_scene().evaluate(*loss("mask", {{"kind", std::string(kind)}})), 0, 1e-6)
        << kind;
}

TEST(MaskLoss, IouOfHalfAnOverlap) {
  Scene scene = matching_scene();
  scene.rendering.silhouette = rectangle(32, 24, 48, 40);  // 128 of 384 pixels shared
  EXPECT_NEAR(scene.evaluate(*loss("mask")), 1 - 128.0 / 384, 1e-12);
}

// Of zeros and ones it is the IoU's distance; of blurred borders it is 0 where both are the same, which 1 - IoU is not.
TEST(MaskLoss, TanimotoIsIouOfMasksAndZeroWhereBothAreTheSame) {
  Scene scene = matching_scene();
  const auto tanimoto = loss("mask", {{"kind", std::string("tanimoto")}});
  scene.rendering.silhouette = rectangle(32, 24, 48, 40);
  EXPECT_NEAR(scene.evaluate(*tanimoto), 1 - 128.0 / 384, 1e-12);
  scene.rendering.silhouette = scene.observation.mask = 0.5 * rectangle(24, 24, 40, 40);
  EXPECT_NEAR(scene.evaluate(*tanimoto), 0, 1e-12);
  EXPECT_GT(scene.evaluate(*loss("mask")), 0.5);
}

TEST(MaskLoss, SquaredErrorCountsPixelsOfTheMask) {
  Scene scene = matching_scene();
  scene.rendering.silhouette = rectangle(24, 24, 40, 32);  // half of the mask is missing
  const auto squared = loss("mask", {{"kind", std::string("squared_error")}});
  EXPECT_NEAR(scene.evaluate(*squared), 0.5, 1e-12);
}

TEST(MaskLoss, NoOverlapCostsOneForAllThatMeasureOverlap) {
  Scene scene = matching_scene();
  scene.rendering.silhouette = rectangle(0, 0, 8, 8);
  EXPECT_NEAR(scene.evaluate(*loss("mask")), 1, 1e-12);
  EXPECT_NEAR(scene.evaluate(*loss("mask", {{"kind", std::string("tanimoto")}})), 1, 1e-12);
  // Coarse levels are 4 pixels wide: 16 x 16 pixels a cell, and the squares share none.
  const auto multi_scale = loss("mask", {{"kind", std::string("multi_scale")}});
  EXPECT_NEAR(scene.evaluate(*multi_scale), 1, 1e-12);
}

TEST(MaskLoss, UnknownPixelsSayNothing) {
  for (const char* kind : kKinds) {
    Scene scene = matching_scene();
    scene.rendering.silhouette = rectangle(24, 24, 48, 40);
    scene.observation.known = 1 - rectangle(40, 0, 64, 64);
    const auto mask = loss("mask", {{"kind", std::string(kind)}});
    EXPECT_NEAR(scene.evaluate(*mask), 0, 1e-6) << kind;
    scene.rendering.silhouette.requires_grad_(true);
    const at::Tensor value = mask->evaluate(scene.input()).sum();
    const at::Tensor gradient = torch::autograd::grad({value}, {scene.rendering.silhouette})[0];
    const at::Tensor unknown = 1 - scene.observation.known;
    EXPECT_EQ((gradient * unknown).abs().max().item<double>(), 0) << kind;
  }
}

TEST(MaskLoss, GradientPullsTheSilhouetteOverTheMask) {
  for (const char* kind : kKinds) {
    Scene scene = matching_scene();
    scene.rendering.silhouette = 0.2 + 0.6 * rectangle(30, 24, 46, 40);
    scene.rendering.silhouette.requires_grad_(true);
    const at::Tensor value =
        loss("mask", {{"kind", std::string(kind)}})->evaluate(scene.input()).sum();
    const at::Tensor gradient = torch::autograd::grad({value}, {scene.rendering.silhouette})[0];
    EXPECT_LT(gradient[0][30][26].item<double>(), 0) << kind << ": in the mask, not rendered";
    EXPECT_GT(gradient[0][30][44].item<double>(), 0) << kind << ": rendered off the mask";
  }
}

TEST(MaskLoss, WithoutIncomingGradientThereIsNone) {
  Scene scene = matching_scene();
  scene.rendering.silhouette = rectangle(30, 24, 46, 40).requires_grad_(true);
  const at::Tensor value = (loss("mask")->evaluate(scene.input()) * 0).sum();
  const at::Tensor gradient = torch::autograd::grad({value}, {scene.rendering.silhouette})[0];
  EXPECT_EQ(gradient.abs().max().item<double>(), 0);
}

TEST(MaskLoss, UnknownKindIsRefusedWithTheChoices) {
  try {
    loss("mask", {{"kind", std::string("iuo")}});
    FAIL() << "accepted";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("squared_error"), std::string::npos) << error.what();
  }
}

TEST(MaskLoss, AHypothesisOfNoObjectIsAnError) {
  Scene scene = matching_scene();
  scene.hypothesis.object = at::ones({1}, at::kLong);
  EXPECT_THROW(loss("mask")->evaluate(scene.input()), CheckFailure);
}

TEST(MaskLoss, NoHypothesesGiveNoLosses) {
  Scene scene = matching_scene();
  scene.hypothesis.object = at::zeros({0}, at::kLong);
  scene.rendering.silhouette = at::zeros({0, kSide, kSide}, at::kDouble).requires_grad_(true);
  const at::Tensor value = loss("mask")->evaluate(scene.input());
  EXPECT_EQ(value.numel(), 0);
  torch::autograd::grad({value.sum()}, {scene.rendering.silhouette});
}

}  // namespace
}  // namespace monodr::test
