// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>
#include <limits>

#include "losses/scene.h"

namespace monodr::test {
namespace {

at::Tensor two_objects() {
  return at::tensor({3.0, 1.0, 2.0, 0.5, 4.0, 0.6}, at::kDouble).reshape({2, 3});
}

at::Tensor gradient_of(const Rule& rule, at::Tensor losses, int step) {
  losses = losses.clone().requires_grad_(true);
  return torch::autograd::grad({rule.combine({losses, step, 100}).sum()}, {losses})[0];
}

bool same(const at::Tensor& a, std::initializer_list<double> b) {
  const at::Tensor expected = at::tensor(at::ArrayRef<double>(b), at::kDouble).reshape(a.sizes());
  return at::allclose(a.to(at::kDouble), expected);
}

TEST(MeanRule, EveryHypothesisLearnsTheSame) {
  const auto mean = rule("mean");
  EXPECT_TRUE(same(mean->combine({two_objects(), 0, 100}), {2.0, 1.7}));
  EXPECT_TRUE(
      at::allclose(gradient_of(*mean, two_objects(), 0), at::full({2, 3}, 1.0 / 3, at::kDouble)));
}

TEST(MeanRule, ReportsTheBest) {
  EXPECT_TRUE(same(rule("mean")->reported(two_objects()), {1, 0}));
}

TEST(MeanRule, PrunedHypothesesAreAbsent) {
  at::Tensor losses = two_objects();
  losses[0][1] = std::numeric_limits<double>::infinity();
  const auto mean = rule("mean");
  EXPECT_TRUE(same(mean->combine({losses, 0, 100}), {2.5, 1.7}));
  EXPECT_TRUE(same(gradient_of(*mean, losses, 0)[0], {0.5, 0, 0.5}));
  EXPECT_EQ(mean->reported(losses)[0].item<int>(), 2);
}

TEST(HindsightRule, OnlyTheBestLearnsFromTheChosenStepOn) {
  const auto hindsight = rule("hindsight", {{"from_step", std::int64_t{10}}});
  EXPECT_TRUE(same(hindsight->combine({two_objects(), 9, 100}), {2.0, 1.7}));
  EXPECT_TRUE(same(hindsight->combine({two_objects(), 10, 100}), {1.0, 0.5}));
  EXPECT_TRUE(same(gradient_of(*hindsight, two_objects(), 10), {0, 1, 0, 1, 0, 0}));
}

TEST(HindsightRule, OneOfSeveralEqualsLearns) {
  const auto hindsight = rule("hindsight", {{"from_step", std::int64_t{0}}});
  const at::Tensor equal = at::ones({1, 4}, at::kDouble);
  EXPECT_TRUE(same(gradient_of(*hindsight, equal, 0), {1, 0, 0, 0}));
  EXPECT_EQ(hindsight->reported(equal)[0].item<int>(), 0);
}

TEST(HindsightRule, ADivergedHypothesisNeverWins) {
  at::Tensor losses = two_objects();
  losses[1][0] = std::numeric_limits<double>::quiet_NaN();
  const auto hindsight = rule("hindsight", {{"from_step", std::int64_t{0}}});
  EXPECT_TRUE(same(hindsight->combine({losses, 0, 100}), {1.0, 0.6}));
  EXPECT_TRUE(same(hindsight->reported(losses), {1, 2}));
}

TEST(SoftHindsightRule, LiesBetweenTheMinimumAndTheMean) {
  const auto at_temperature = [](double value) {
    return rule("soft_hindsight", {{"temperature", value}})->combine({two_objects(), 0, 100});
  };
  EXPECT_TRUE(at::allclose(at_temperature(1e-4),
                           at::tensor({1.0, 0.5}, at::kDouble) + 1e-4 * std::log(3.0)));
  EXPECT_TRUE(at::allclose(at_temperature(1e4), at::tensor({2.0, 1.7}, at::kDouble), 1e-3));
  const at::Tensor gradient =
      gradient_of(*rule("soft_hindsight", {{"temperature", 1.0}}), two_objects(), 0);
  EXPECT_NEAR((gradient[0][2] / gradient[0][1]).item<double>(), std::exp(-1), 1e-12);
  EXPECT_TRUE(same(gradient.sum(1), {1, 1}));
}

TEST(TopKRule, LearnersShrinkFromAllToOne) {
  const auto top_k = rule("top_k");
  EXPECT_TRUE(same(top_k->combine({two_objects(), 0, 101}), {2.0, 1.7}));
  EXPECT_TRUE(same(top_k->combine({two_objects(), 50, 101}), {1.5, 0.55}));
  EXPECT_TRUE(same(top_k->combine({two_objects(), 100, 101}), {1.0, 0.5}));
  EXPECT_TRUE(same(gradient_of(*top_k, two_objects(), 49), {0, 0.5, 0.5, 0.5, 0, 0.5}));
}

TEST(Rules, WithoutAnyHypothesisTheLossIsInfiniteNotZero) {
  const at::Tensor losses = at::full({1, 3}, std::numeric_limits<double>::quiet_NaN(), at::kDouble);
  for (const char* name : {"mean", "hindsight", "soft_hindsight", "top_k"}) {
    const at::Tensor combined = rule(name)->combine({losses, 99, 100});
    EXPECT_TRUE(std::isinf(combined[0].item<double>())) << name;
  }
}

TEST(HindsightRule, NegativeStepIsRefused) {
  EXPECT_THROW(rule("hindsight", {{"from_step", std::int64_t{-1}}}), UserError);
}

}  // namespace
}  // namespace monodr::test
