// SPDX-License-Identifier: Apache-2.0
#include "methods/adamw.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

namespace monodr {
namespace {

// A matrix of more than one stretch, and a bias.
std::vector<at::Tensor> some_weights() {
  at::manual_seed(5);
  return {at::randn({300, 250}), at::randn({17})};
}

at::Tensor gradient(int step) {
  at::manual_seed(static_cast<std::uint64_t>(100 + step));
  return at::randn({300 * 250 + 17 + 1}) * 3;
}

AdamW::Step at_step(int step) {
  return {.scale = 0.25, .count = step + 1, .rate = 0.01 / (step + 1), .decay = 0.1};
}

TEST(AdamW, StepsAreThoseOfTheFormulaInDouble) {
  std::vector<at::Tensor> weights = some_weights(), expected, first, second;
  for (const at::Tensor& weight : weights) {
    expected.push_back(weight.to(at::kDouble));
    first.push_back(at::zeros_like(expected.back()));
    second.push_back(at::zeros_like(expected.back()));
  }
  AdamW optimiser(weights);
  for (int step = 0; step < 20; ++step) {
    const AdamW::Step how = at_step(step);
    const at::Tensor row = gradient(step);
    optimiser.step(row, how, 1);
    int64_t begin = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const at::Tensor g =
          row.slice(0, begin, begin + weights[i].numel()).view_as(weights[i]).to(at::kDouble) *
          how.scale;
      begin += weights[i].numel();
      const double t = step + 1;
      first[i] = 0.9 * first[i] + 0.1 * g;
      second[i] = 0.999 * second[i] + 0.001 * g * g;
      if (weights[i].dim() > 1) expected[i] *= 1 - how.rate * how.decay;
      expected[i] -= how.rate * first[i] / (1 - std::pow(0.9, t)) /
                     ((second[i] / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
    }
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    EXPECT_LT((weights[i] - expected[i]).abs().max().item<double>(), 2e-6);
    EXPECT_LT((optimiser.first()[i] - first[i]).abs().max().item<double>(), 1e-6);
    EXPECT_LT((optimiser.second()[i] - second[i]).abs().max().item<double>(), 1e-6);
  }
}

TEST(AdamW, BitsAreTheSameOnAnyNumberOfThreads) {
  std::vector<at::Tensor> of_one;
  for (const int threads : {1, 2, 5}) {
    const std::vector<at::Tensor> weights = some_weights();
    AdamW optimiser(weights);
    double norm = 0;
    for (int step = 0; step < 5; ++step) {
      optimiser.step(gradient(step), at_step(step), threads);
      norm += squared_norm(gradient(step), 300 * 250 + 17, threads);
    }
    if (of_one.empty()) {
      of_one = weights;
      of_one.push_back(at::full({1}, norm, at::kDouble));
    }
    EXPECT_TRUE(at::equal(weights[0], of_one[0]));
    EXPECT_TRUE(at::equal(weights[1], of_one[1]));
    EXPECT_EQ(norm, of_one[2].item<double>());
  }
}

TEST(AdamW, TheNormIsThatOfTheNumbersItIsGiven) {
  for (const int64_t count : {0, 1, 7, 8, 9, 40000}) {
    const at::Tensor row = gradient(1);
    const double expected = row.slice(0, 0, count).to(at::kDouble).square().sum().item<double>();
    EXPECT_NEAR(squared_norm(row, count, 2), expected, 1e-9 * (1 + expected)) << count;
  }
}

}  // namespace
}  // namespace monodr
