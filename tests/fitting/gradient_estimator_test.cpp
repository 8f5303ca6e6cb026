// SPDX-License-Identifier: Apache-2.0
#include "fitting/gradient_estimator.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

namespace monodr {
namespace {

const StateLayout kLayout{2, 3};

/// A smooth loss of each row alone, different for each object.
ObjectiveValue smooth(const at::Tensor& state, const at::Tensor& rows) {
  const at::Tensor weights = at::arange(1, kLayout.columns() + 1, at::kFloat) / 3;
  ObjectiveValue value;
  const at::Tensor target = (rows.to(at::kFloat) * 0.1).unsqueeze(1);
  value.total = (((state - target) * weights).sin().square()).sum(1) +
                0.3 * (state.select(1, 0) * state.select(1, 6)).cos();
  return value;
}

at::Tensor some_states(int64_t rows) {
  return (at::arange(rows * kLayout.columns(), at::kFloat) * 0.37).sin().view({rows, -1}) * 0.6;
}

double cosine(const at::Tensor& a, const at::Tensor& b) {
  return ((a * b).sum() / (a.norm() * b.norm())).item<double>();
}

TEST(CentralDifferences, AgreeWithAutogradOnASmoothLoss) {
  const at::Tensor state = some_states(5);
  const LossCombination mean = [](const at::Tensor& losses) { return losses.mean(0, true); };
  const StateGradient exact = AutogradEstimator().estimate(state, smooth, mean);
  const StateGradient estimated = CentralDifferences(kLayout).estimate(state, smooth, mean);
  EXPECT_TRUE(exact.losses.equal(estimated.losses));
  for (int64_t row = 0; row < 5; ++row)
    EXPECT_GT(cosine(exact.gradient[row], estimated.gradient[row]), 0.98) << "row " << row;
  EXPECT_NEAR((exact.gradient.norm() / estimated.gradient.norm()).item<double>(), 1, 0.05);
}

TEST(CentralDifferences, ARuleThatLetsOneLearnGivesTheOthersNoGradient) {
  const LossCombination best = [](const at::Tensor& losses) {
    return std::get<0>(losses.view({1, -1}).min(1));
  };
  const StateGradient exact = AutogradEstimator().estimate(some_states(4), smooth, best);
  const StateGradient estimated =
      CentralDifferences(kLayout).estimate(some_states(4), smooth, best);
  const int64_t winner = exact.losses.argmin().item<int64_t>();
  for (int64_t row = 0; row < 4; ++row)
    EXPECT_EQ(estimated.gradient[row].ne(0).any().item<bool>(), row == winner);
  EXPECT_GT(cosine(exact.gradient[winner], estimated.gradient[winner]), 0.98);
}

TEST(CentralDifferences, NeedNoGradientOfTheObjective) {
  const StateObjective cut = [](const at::Tensor& state, const at::Tensor& rows) {
    return smooth(state.detach(), rows);
  };
  at::Tensor state = some_states(3);
  const CentralDifferences estimator(kLayout);
  const LossCombination sum = [](const at::Tensor& losses) { return losses; };
  const double before = cut(state, at::arange(3, at::kLong)).total.sum().item<double>();
  for (int step = 0; step < 60; ++step)
    state = state - 0.02 * estimator.estimate(state, cut, sum).gradient;
  EXPECT_LT(cut(state, at::arange(3, at::kLong)).total.sum().item<double>(), 0.5 * before);
}

}  // namespace
}  // namespace monodr
