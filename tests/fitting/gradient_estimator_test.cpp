// SPDX-License-Identifier: Apache-2.0
#include "fitting/gradient_estimator.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "corpus/parametric_car.h"
#include "fitting/box_prior.h"
#include "fitting/fit.h"
#include "fitting/observation_batch.h"
#include "fitting/observed_box.h"
#include "geometry/overlap.h"
#include "plugin/registry.h"

namespace monodr {
namespace {

const StateLayout kLayout{2, 3};

/// A smooth loss of each row alone, different for each object.
ObjectiveValue smooth(const at::Tensor& state, const at::Tensor& rows) {
  const at::Tensor weights = at::arange(1, kLayout.columns() + 1, at::kFloat) / 6;
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
  const StateGradient estimated =
      CentralDifferences(difference_steps(kLayout)).estimate(state, smooth, mean);
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
      CentralDifferences(difference_steps(kLayout)).estimate(some_states(4), smooth, best);
  const int64_t winner = exact.losses.argmin().item<int64_t>();
  for (int64_t row = 0; row < 4; ++row)
    EXPECT_EQ(estimated.gradient[row].ne(0).any().item<bool>(), row == winner);
  EXPECT_GT(cosine(exact.gradient[winner], estimated.gradient[winner]), 0.98);
}

TEST(CentralDifferences, WhatMayNotMoveIsNotDisplacedAndHasNoGradient) {
  const at::Tensor state = some_states(4);
  at::Tensor free = at::ones({kLayout.columns()}, at::kBool);
  for (const int64_t column : {3, 4, 5, 9}) free.select(0, column).fill_(false);
  const LossCombination sum = [](const at::Tensor& losses) { return losses; };
  int64_t states = 0;
  const StateObjective counted = [&](const at::Tensor& rows, const at::Tensor& which) {
    states += rows.size(0);
    return smooth(rows, which);
  };
  const at::Tensor all =
      CentralDifferences(difference_steps(kLayout)).estimate(state, smooth, sum).gradient;
  const at::Tensor some =
      CentralDifferences(difference_steps(kLayout), free).estimate(state, counted, sum).gradient;
  EXPECT_TRUE(some.equal(all * free));
  EXPECT_EQ(states, 4 + 4 * 2 * (kLayout.columns() - 4));
  EXPECT_TRUE(CentralDifferences(difference_steps(kLayout), at::zeros_like(free))
                  .estimate(state, smooth, sum)
                  .gradient.equal(at::zeros_like(state)));
}

TEST(CentralDifferences, NeedNoGradientOfTheObjective) {
  const StateObjective cut = [](const at::Tensor& state, const at::Tensor& rows) {
    return smooth(state.detach(), rows);
  };
  at::Tensor state = some_states(3);
  const CentralDifferences estimator(difference_steps(kLayout));
  const LossCombination sum = [](const at::Tensor& losses) { return losses; };
  const double before = cut(state, at::arange(3, at::kLong)).total.sum().item<double>();
  for (int step = 0; step < 60; ++step)
    state = state - 0.02 * estimator.estimate(state, cut, sum).gradient;
  EXPECT_LT(cut(state, at::arange(3, at::kLong)).total.sum().item<double>(), 0.5 * before);
}

/// A renderer that has no gradient.
class CutOff : public Renderer {
 public:
  explicit CutOff(std::shared_ptr<const Renderer> renderer) : renderer_(std::move(renderer)) {}
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    const at::NoGradGuard no_gradient;
    return renderer_->render(input, request);
  }

 private:
  std::shared_ptr<const Renderer> renderer_;
};

class MeanOfAll : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override { return input.losses.mean(1); }
  at::Tensor reported(const at::Tensor& losses) const override { return losses.argmin(1); }
};

/// A box on the road, seen as a mask and a depth map, and the objective that looks for it.
class ARendererWithoutGradient : public testing::Test {
 protected:
  ARendererWithoutGradient() {
    for (const char* loss : {"mask", "depth"}) losses_.push_back({loss, 1, make<Loss>(loss)});
    car_.location = {1.5, 1.65, 14};
    car_.height = 1.5;
    car_.width = 1.6;
    car_.length = 3.9;
    car_.rotation_y = 0.6;
    o_ = observed_box(car_, *renderer_, 32);
    settings_.size_mean = {1.5, 1.6, 3.9};
    settings_.size_deviation = {0.1, 0.1, 0.1};
    settings_.hypotheses = 4;
    settings_.iterations = 60;
    settings_.prune_steps = {20};
    settings_.prune_keep = {2};
    settings_.rates.size = 0;
  }

  template <typename Interface>
  std::shared_ptr<const Interface> make(const std::string& name) {
    if constexpr (std::is_same_v<Interface, Loss>)
      return registry_.make<Loss>(
          name, {registry_.find(PluginKind::loss, name).info.parameters, {}, name});
    else
      return registry_.make<Renderer>(
          name, {registry_.find(PluginKind::renderer, name).info.parameters, {}, name});
  }

  Objective objective(const std::shared_ptr<const Renderer>& renderer) const {
    return {std::make_shared<SolidBoxPrior>(), renderer, losses_};
  }

  std::vector<double> cosines(const Objective& goal, int64_t moves);

  FittedObject fit(const Objective& goal, GradientKind gradient) {
    settings_.gradient = gradient;
    return fit_objects({o_}, goal, MeanOfAll(), settings_, HeadingInitialiser()).objects.front();
  }

  Registry registry_{{std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"}};
  std::shared_ptr<const Renderer> renderer_ = make<Renderer>("soft_rasterizer");
  std::vector<WeightedLoss> losses_;
  Box3d car_;
  Observation o_;
  FitSettings settings_;
};

TEST_F(ARendererWithoutGradient, IsFittedByCentralDifferences) {
  const Objective goal = objective(std::make_shared<CutOff>(renderer_));
  const FittedObject found = fit(goal, GradientKind::central_differences);
  ASSERT_EQ(found.failure, "");
  EXPECT_GT(bev_overlap(found.box, car_), 0.7);
  // A box has no front: half a turn is as good.
  EXPECT_GT(std::abs(std::cos(found.box.rotation_y - car_.rotation_y)), std::cos(M_PI / 18));
  ASSERT_TRUE(found.agreement.has_value());
  EXPECT_GE(*found.agreement, 0.5);
  // As good as the true gradient makes it.
  const FittedObject exact = fit(objective(renderer_), GradientKind::autograd);
  EXPECT_NEAR(found.loss, exact.loss, 0.05);
}

/// Cosines of both gradients in three states around the truth: some pixels, some percent, some degrees off. `moves`: the columns
/// from the first on that take part.
std::vector<double> ARendererWithoutGradient::cosines(const Objective& goal, int64_t moves) {
  const ObservationBatch batch = make_observation_batch({o_}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  const int64_t paints = goal.layout().columns() - goal.layout().texture();
  const StateObjective evaluate = [&](const at::Tensor& state, const at::Tensor& rows) {
    return goal.evaluate(state,
                         at::zeros_like(rows),
                         at::zeros({state.size(0), paints}),
                         batch,
                         /*progress=*/0);
  };
  at::Tensor state = HeadingInitialiser()
                         .start({o_}, batch, goal.prior(), goal.layout(), settings_)
                         .state.slice(0, 0, 3)
                         .clone();
  for (int64_t row = 0; row < 3; ++row) {
    state[row][StateLayout::kDepth] = std::log(14.0 + 0.4 * static_cast<double>(row - 1));
    state[row][StateLayout::kHeading] =
        0.6 - std::atan2(1.5, 14.0) + 0.12 * static_cast<double>(row - 1) + 0.05;
    state[row][0] += 0.05 * static_cast<float>(row);
    for (int64_t column = StateLayout::kShape; column < moves; ++column)
      state[row][column] = 0.4 * std::sin(static_cast<double>(3 * row + column));
  }
  const at::Tensor free = at::arange(goal.layout().columns()).lt(moves);
  const LossCombination sum = [](const at::Tensor& losses) { return losses; };
  const at::Tensor exact = AutogradEstimator().estimate(state, evaluate, sum).gradient * free;
  const at::Tensor estimated = CentralDifferences(difference_steps(goal.layout()), free)
                                   .estimate(state, evaluate, sum)
                                   .gradient;
  std::vector<double> cosines;
  for (int64_t row = 0; row < 3; ++row) cosines.push_back(cosine(exact[row], estimated[row]));
  return cosines;
}

// Where there is a gradient: through the soft rasterizer, of losses that are smooth in what it draws.
TEST_F(ARendererWithoutGradient, HasTheGradientThatAutogradFindsInASmoothOne) {
  EXPECT_THAT(cosines(objective(renderer_), StateLayout::kShape), testing::Each(testing::Gt(0.98)));
}

/// The whole state of 3D-RCNN's fit, the ten numbers of its shape with it: a mesh that is extracted anew from each volume.
TEST_F(ARendererWithoutGradient, HasThatOfAVolumesTenNumbersToo) {
  const PluginInfo& info = registry_.find(PluginKind::shape_prior, "tsdf_pca").info;
  const std::shared_ptr<ShapePrior> prior = registry_.make<ShapePrior>(
      info.name, {info.parameters, {{"latent_dims", {std::int64_t{10}, {}, {}}}}, "shape_prior"});
  prior->train(training_corpus(24, 0), {});
  const Objective goal(prior, renderer_, losses_);
  ASSERT_EQ(goal.layout().texture() - StateLayout::kShape, 10);
  EXPECT_THAT(cosines(goal, goal.layout().texture()), testing::Each(testing::Gt(0.98)));
}

TEST_F(ARendererWithoutGradient, IsRefusedByAutogradWithTheRemedy) {
  const Objective goal = objective(std::make_shared<CutOff>(renderer_));
  try {
    fit(goal, GradientKind::autograd);
    FAIL() << "nothing to descend on passed for a fit";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("fit.gradient = \"central_differences\""),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace monodr
