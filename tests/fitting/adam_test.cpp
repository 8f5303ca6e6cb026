// SPDX-License-Identifier: Apache-2.0
#include "fitting/adam.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace monodr {
namespace {

/// One row of Adam as the paper writes it, in double.
struct ReferenceRow {
  std::vector<double> mean, square;
  int steps = 0;

  void step(std::vector<double>& state,
            const std::vector<double>& gradient,
            const std::vector<double>& rates,
            double scale) {
    mean.resize(state.size());
    square.resize(state.size());
    ++steps;
    for (size_t i = 0; i < state.size(); ++i) {
      mean[i] = 0.9 * mean[i] + 0.1 * gradient[i];
      square[i] = 0.99 * square[i] + 0.01 * gradient[i] * gradient[i];
      const double m = mean[i] / (1 - std::pow(0.9, steps)),
                   v = square[i] / (1 - std::pow(0.99, steps));
      state[i] -= scale * rates[i] * m / (std::sqrt(v) + 1e-8);
    }
  }
};

TEST(Adam, FollowsThePaperRowByRowAlsoThroughRestsAndPruning) {
  const std::vector<double> rates{0.02, 0.06, 0.1};
  at::Tensor state = at::tensor({1.0, 2.0, 3.0, -1.0, 0.5, 4.0}).to(at::kFloat).view({2, 3});
  std::vector<std::vector<double>> expected{{1, 2, 3}, {-1, 0.5, 4}};
  std::vector<ReferenceRow> reference(2);
  Adam adam(state, at::tensor(rates).to(at::kFloat));
  Random random(7);
  for (int step = 0; step < 40; ++step) {
    std::vector<std::vector<double>> gradient(expected.size(), std::vector<double>(3));
    at::Tensor g = at::empty({static_cast<int64_t>(expected.size()), 3}, at::kFloat);
    for (size_t n = 0; n < expected.size(); ++n)
      for (size_t i = 0; i < 3; ++i)
        g[static_cast<int64_t>(n)][static_cast<int64_t>(i)] = gradient[n][i] =
            random.uniform(-1, 1);
    at::Tensor active = at::ones({static_cast<int64_t>(expected.size()), 1}, at::kBool);
    const bool rests = expected.size() == 2 && step % 3 == 1;
    if (rests) active[1][0] = false;
    adam.step(state, g, active, 0.8);
    for (size_t n = 0; n < expected.size(); ++n)
      if (n == 0 || !rests) reference[n].step(expected[n], gradient[n], rates, 0.8);
    if (step == 20) {  // the second row alone goes on, with its moments
      const at::Tensor kept = at::tensor({1}, at::kLong);
      adam.keep(kept);
      state = state.index_select(0, kept).clone();
      expected = {expected[1]};
      reference = {reference[1]};
    }
  }
  for (size_t i = 0; i < 3; ++i)
    EXPECT_NEAR(state[0][static_cast<int64_t>(i)].item<double>(), expected[0][i], 1e-4);
}

TEST(Adam, AForgottenRowStartsWithoutMomentum) {
  at::Tensor state = at::zeros({2, 1}, at::kFloat);
  Adam adam(state, at::ones({1}, at::kFloat));
  const at::Tensor all = at::ones({2, 1}, at::kBool), up = at::ones({2, 1}, at::kFloat);
  for (int i = 0; i < 5; ++i) adam.step(state, up, all, 1);
  adam.forget(at::tensor({0, 1}, at::kLong).to(at::kBool));
  const at::Tensor before = state.clone();
  adam.step(state, -up, all, 1);
  // The first still rolls on in its old direction; the second takes a whole step in the new one.
  EXPECT_LT((state - before)[0].item<double>(), 0);
  EXPECT_NEAR((state - before)[1].item<double>(), 1, 1e-3);
}

}  // namespace
}  // namespace monodr
