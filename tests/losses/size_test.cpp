// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "losses/scene.h"

namespace monodr::test {
namespace {

TEST(SizeLoss, TheMeanCostsNothing) {
  EXPECT_EQ(matching_scene().evaluate(*loss("size")), 0);
}

TEST(SizeLoss, OneDeviationADimensionCostsThree) {
  Scene scene = matching_scene();
  scene.hypothesis.dimensions =
      scene.observation.size_mean * scene.observation.size_deviation.exp();
  EXPECT_NEAR(scene.evaluate(*loss("size")), 3, 1e-12);
  scene.hypothesis.dimensions =
      scene.observation.size_mean * scene.observation.size_deviation.neg().exp();
  EXPECT_NEAR(scene.evaluate(*loss("size")), 3, 1e-12) << "smaller is as unusual as larger";
}

TEST(SizeLoss, UsesTheClassOfEachObject) {
  Scene scene = matching_scene();
  scene.observation.mask = scene.observation.mask.repeat({2, 1, 1});
  scene.observation.size_mean =
      at::cat({scene.observation.size_mean, 2 * scene.observation.size_mean});
  scene.observation.size_deviation = scene.observation.size_deviation.repeat({2, 1});
  scene.hypothesis.object = at::tensor({1, 0, 1}, at::kLong);
  scene.hypothesis.dimensions =
      scene.observation.size_mean.index_select(0, scene.hypothesis.object);
  const at::Tensor value = loss("size")->evaluate(scene.input());
  EXPECT_EQ(value.abs().max().item<double>(), 0);
}

}  // namespace
}  // namespace monodr::test
