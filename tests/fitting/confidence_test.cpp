// SPDX-License-Identifier: Apache-2.0
#include "fitting/confidence.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

namespace monodr {
namespace {

/// One object of which the left half of a 4 x 4 crop is seen; drawn as `silhouette` and `depth` say.
struct Scene {
  ObservationBatch batch;
  ObjectiveValue value;

  Scene(const at::Tensor& silhouette, const at::Tensor& rendered, const at::Tensor& observed) {
    batch.mask = at::zeros({1, 4, 4});
    batch.mask.slice(2, 0, 2).fill_(1);
    batch.known = at::ones({1, 4, 4});
    batch.depth = observed;
    value.rendering.silhouette = silhouette;
    value.rendering.depth = rendered;
    value.hypothesis.object = at::zeros({1}, at::kLong);
    value.hypothesis.location = at::tensor({0.0F, 1.6F, 20.0F}).view({1, 3});
    value.hypothesis.dimensions = at::tensor({1.5F, 1.6F, 4.0F}).view({1, 3});
    value.hypothesis.rotation_y = at::zeros({1});
  }
};

at::Tensor left(int64_t columns) {
  at::Tensor mask = at::zeros({1, 4, 4});
  mask.slice(2, 0, columns).fill_(1);
  return mask;
}

TEST(Confidence, OfTheMaskIsTheOverlapOverKnownPixels) {
  const at::Tensor depth = at::full({1, 4, 4}, 20.0F);
  EXPECT_NEAR(
      confidence_factors(Scene(left(2), depth, depth).value, Scene(left(2), depth, depth).batch)
          .mask.item<double>(),
      1,
      1e-6);
  Scene wide(left(3), depth, depth);
  EXPECT_NEAR(confidence_factors(wide.value, wide.batch).mask.item<double>(), 8.0 / 12, 1e-6);
  wide.batch.known.slice(2, 2, 3).fill_(0);  // what sticks out may be hidden
  EXPECT_NEAR(confidence_factors(wide.value, wide.batch).mask.item<double>(), 1, 1e-6);
}

TEST(Confidence, OfTheDepthFallsWithTheLogRatioAndIsOneWithoutDepth) {
  const at::Tensor observed = at::full({1, 4, 4}, 20.0F);
  const Scene off(left(2), observed * 1.1, observed);
  EXPECT_NEAR(confidence_factors(off.value, off.batch).depth.item<double>(), 1 / 1.1, 1e-5);
  const Scene blind(left(2), observed, at::zeros({1, 4, 4}));
  EXPECT_EQ(confidence_factors(blind.value, blind.batch).depth.item<double>(), 1);
}

TEST(Confidence, OfTheRangeIsTheChanceToStayWithinWhatTheOverlapTolerates) {
  const at::Tensor depth = at::full({1, 4, 4}, 20.0F);
  Scene scene(left(2), depth, depth);
  // Across the ray the width decides: a third of it against a deviation of 1 m.
  EXPECT_NEAR(confidence_factors(scene.value, scene.batch).range.item<double>(),
              std::erf(1.6 / 3 / (0.05 * 20 * std::sqrt(2.0))),
              1e-5);
  scene.value.hypothesis.rotation_y.fill_(M_PI / 2);  // along it, the length
  EXPECT_NEAR(confidence_factors(scene.value, scene.batch).range.item<double>(),
              std::erf(4.0 / 3 / (0.05 * 20 * std::sqrt(2.0))),
              1e-5);
}

}  // namespace
}  // namespace monodr
