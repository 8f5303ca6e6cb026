// SPDX-License-Identifier: Apache-2.0
#include "common/network.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/error.h"

namespace monodr::shape_priors {
namespace {

/// One layer, and a weight that no loss reaches.
struct Line : Network {
  explicit Line(Random& random)
      : slope(weight("slope", {3, 2}, 0.5, random)),
        offset(zeros("offset", {2})),
        unused(weight("unused", {4}, 1, random)) {}
  at::Tensor slope, offset, unused;
};

/// A network within a network.
struct Pair : Network {
  Pair() {
    Random random(4, "pair", 0);
    line = register_module("line", std::make_shared<Line>(random));
    scale = weight("scale", {1}, 1, random);
  }
  std::shared_ptr<Line> line;
  at::Tensor scale;

  /// To noisy points of a line.
  at::Tensor loss(int step) const {
    Random random(8, "points", step);
    const at::Tensor x = normal_numbers({5, 3}, 1, random);
    const at::Tensor wanted = x.narrow(1, 0, 2) + normal_numbers({5, 2}, 0.1, random);
    return (scale * (at::mm(x, line->slope) + line->offset) - wanted).square().mean();
  }
};

TensorTable weights_of(const Network& network) {
  TensorTable table;
  network.store(table);
  for (auto& [name, weights] : table) weights = weights.clone();
  return table;
}

void expect_same_bits(const TensorTable& a, const TensorTable& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(at::equal(tensor, b.at(name))) << name;
}

TEST(Network, StoresEachWeightUnderThePrefixAndItsName) {
  TensorTable table;
  Pair().store(table, "a_");
  std::vector<std::string> names;
  for (const auto& [name, weights] : table) names.push_back(name);
  EXPECT_EQ(
      names,
      (std::vector<std::string>{"a_line.offset", "a_line.slope", "a_line.unused", "a_scale"}));
  Pair other;
  other.scale.fill_(7);
  other.restore(table, "a_");
  expect_same_bits(weights_of(other), weights_of(Pair()));
  EXPECT_EQ(other.scale.item<float>(), table["a_scale"].item<float>())
      << "the member is the weight";
  EXPECT_THROW(other.restore(table), UserError);
  table["a_line.slope"] = at::zeros({2, 3});
  EXPECT_THROW(other.restore(table, "a_"), UserError);
}

// Of sum(x^2) + offset in double precision, against Adam as the paper has it.
TEST(TrainNetwork, IsAdamWithACosine) {
  struct Bowl : Network {
    explicit Bowl(Random& random) : x(weight("x", {6}, 1, random)) {}
    at::Tensor x;
  };
  Random random(5);
  Bowl bowl(random);
  constexpr int kSteps = 30;
  constexpr double kRate = 0.1;
  std::vector<double> expected(6), first(6), second(6);
  for (int i = 0; i < 6; ++i) expected[i] = bowl.x[i].item<float>();
  for (int step = 0; step < kSteps; ++step) {
    const double rate = kRate * (0.01 + 0.99 * (1 + std::cos(M_PI * step / kSteps)) / 2);
    for (int i = 0; i < 6; ++i) {
      const double gradient = 2 * (i + 1) * expected[i];
      first[i] = 0.9 * first[i] + 0.1 * gradient;
      second[i] = 0.99 * second[i] + 0.01 * gradient * gradient;
      const double mean = first[i] / (1 - std::pow(0.9, step + 1));
      const double square = second[i] / (1 - std::pow(0.99, step + 1));
      expected[i] -= rate * mean / (std::sqrt(square) + 1e-8);
    }
  }
  const at::Tensor steepness = at::arange(1, 7);
  const auto loss = [&](int) { return (steepness * bowl.x.square()).sum(); };
  const double before = loss(0).item<double>();
  const std::optional<double> last = train_network(bowl, kRate, kSteps, {}, loss);
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(bowl.x[i].item<float>(), expected[i], 1e-5);
  EXPECT_LT(last.value(), before);
}

// From each of its checkpoints, the one after the last step included.
TEST(TrainNetwork, GoesOnWithTheSameBitsAndEndsWithTheSameLoss) {
  constexpr int kSteps = 7;
  std::vector<TensorTable> checkpoints;
  TrainingRun run;
  run.checkpoint = [&](const auto& state) { checkpoints.push_back(state()); };
  Pair whole;
  const auto loss =
      train_network(whole, 0.05, kSteps, run, [&](int step) { return whole.loss(step); });
  ASSERT_EQ(checkpoints.size(), size_t{kSteps});
  for (const TensorTable& checkpoint : checkpoints) {
    Pair part;
    part.line->slope.fill_(9);
    TrainingRun rest;
    rest.resume = checkpoint;
    EXPECT_EQ(train_network(part, 0.05, kSteps, rest, [&](int step) { return part.loss(step); }),
              loss);
    expect_same_bits(weights_of(part), weights_of(whole));
  }
}

TEST(TrainNetwork, ReportsAHundredthAtATimeAndStopsWhenTold) {
  std::vector<double> shares;
  TrainingRun run;
  run.progress = [&](double share, double loss) {
    EXPECT_TRUE(std::isfinite(loss));
    shares.push_back(share);
    return shares.size() < 60;
  };
  Pair pair;
  const auto loss = [&](int step) { return pair.loss(step); };
  EXPECT_FALSE(train_network(pair, 0.01, 300, run, loss).has_value());
  EXPECT_EQ(shares.size(), 60U);
  EXPECT_NEAR(shares.back(), 0.59, 0.01);
  shares.clear();
  EXPECT_TRUE(train_network(pair, 0.01, 2, run, loss).has_value());
  EXPECT_EQ(shares, (std::vector<double>{0.5, 1}));
}

TEST(TrainNetwork, LeavesWeightsWithoutGradientsAlsoWhenALossThrows) {
  Pair pair;
  const auto expect_none = [&] {
    for (const auto& weights : pair.parameters()) {
      EXPECT_FALSE(weights.requires_grad());
      EXPECT_FALSE(weights.grad().defined());
    }
    EXPECT_FALSE(pair.loss(0).requires_grad());
  };
  expect_none();
  train_network(pair, 0.01, 3, {}, [&](int step) { return pair.loss(step); });
  expect_none();
  const auto loss = [&](int step) {
    if (step == 1) throw UserError("no more");
    return pair.loss(step);
  };
  EXPECT_THROW(train_network(pair, 0.01, 3, {}, loss), UserError);
  expect_none();
}

}  // namespace
}  // namespace monodr::shape_priors
