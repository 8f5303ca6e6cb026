// SPDX-License-Identifier: Apache-2.0
#include "fitting/fit.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fitting/box_prior.h"
#include "fitting/heading_distribution.h"
#include "fitting/object_state.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

/// Draws nothing: the losses below look at the hypotheses themselves.
class BlankRenderer : public Renderer {
 public:
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    const at::Tensor blank = at::zeros({input.vertices.size(0), request.height, request.width});
    return {blank, blank, at::Tensor()};
  }
};

/// 1 - cos(2 (alpha - target)) / 2 - cos(alpha - target) / 2: the true heading is the lowest of two
/// valleys, as with a front-back ambiguity.
class HeadingLoss : public Loss {
 public:
  explicit HeadingLoss(double target) : target_(target) {}
  Channels needs() const override { return {}; }
  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& h = input.hypothesis;
    // Not at::atan2: the gradient in the location, which is exactly zero, would be noise that Adam takes for a slope.
    const at::Tensor alpha =
        h.rotation_y - azimuth(h.location.select(1, 0), h.location.select(1, 2));
    return 1 - 0.5 * (2 * (alpha - target_)).cos() - 0.5 * (alpha - target_).cos();
  }

 private:
  double target_;
};

/// Not a number for hypotheses of the given object.
class PoisonedLoss : public Loss {
 public:
  PoisonedLoss(int64_t object, double limit) : object_(object), limit_(limit) {}
  Channels needs() const override { return {}; }
  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& h = input.hypothesis;
    const at::Tensor bad = h.object.eq(object_).logical_and(h.rotation_y.detach().sin() > limit_);
    return (0 * h.rotation_y).masked_fill(bad, std::numeric_limits<float>::quiet_NaN());
  }

 private:
  int64_t object_;
  double limit_;
};

class MeanRule : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override { return input.losses.mean(1); }
  at::Tensor reported(const at::Tensor& losses) const override { return losses.argmin(1); }
};

FitSettings plain_settings() {
  FitSettings settings;
  settings.prune_steps = settings.prune_keep = {};
  settings.size_mean = {1.526, 1.63, 3.88};
  settings.size_deviation = {0.085, 0.055, 0.10};
  return settings;
}

Observation observation(double left) {
  Observation o;
  o.box = {left, 150, left + 120, 230};
  o.camera = {{721.5, 721.5, 609.6, 172.9}, {0.06, 0, 0.003}, 1242, 375};
  o.crop = crop_around(o.box, 1.3, 16);
  o.image.assign(3 * 256, 0.4F);
  o.mask.assign(256, 1);
  o.known.assign(256, 1);
  o.depth.assign(256, 15);
  return o;
}

Objective objective(std::vector<WeightedLoss> losses) {
  return {std::make_shared<BoxPrior>(), std::make_shared<BlankRenderer>(), std::move(losses)};
}

TEST(Fit, StartsAroundTheCircleEscapeTheWrongValley) {
  const double target = 2.5;
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(target)}});
  FitSettings settings = plain_settings();
  settings.prune_steps = {30, 60};
  settings.prune_keep = {4, 2};
  const FitResult eight = fit_objects(
      {observation(500), observation(100)}, goal, MeanRule(), settings, HeadingInitialiser());
  ASSERT_EQ(eight.objects.size(), 2u);
  for (const FittedObject& object : eight.objects) {
    EXPECT_EQ(object.failure, "");
    EXPECT_LT(angle_difference(object.alpha, target), 0.02);
  }
  settings.hypotheses = 1;
  settings.first_heading = (target + 2.8) * 180 / M_PI;
  settings.prune_steps = settings.prune_keep = {};
  const FitResult one =
      fit_objects({observation(500)}, goal, MeanRule(), settings, HeadingInitialiser());
  EXPECT_GT(angle_difference(one.objects[0].alpha, target), 2.5);
  EXPECT_EQ(one.curve.total.size(), 100u);
  EXPECT_LT(one.curve.total.back(), one.curve.total.front());
}

/// Around the circle, and with a word on which heading it is.
class ToldInitialiser : public HeadingInitialiser {
 public:
  explicit ToldInitialiser(double heading) : heading_(heading) {}
  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override {
    Starts starts = HeadingInitialiser::start(observations, batch, prior, layout, settings);
    starts.heading = heading_target(at::full({batch.count()}, heading_, at::kFloat), 24, 0.5).log();
    return starts;
  }

 private:
  double heading_;
};

TEST(Fit, WhatIsKnownOfTheHeadingIsWeighedWithTheLossAndBothAnswersAreKept) {
  const double target = 0.7, told = target + M_PI;
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(target)}});
  FitSettings settings = plain_settings();
  settings.prune_steps = {30, 60};
  settings.prune_keep = {4, 2};
  settings.heading_temperature = 0.5;  // the wrong valley is 2 e-folds worse
  const auto fitted = [&](double weight) {
    settings.heading_weight = weight;
    return fit_objects({observation(500)}, goal, MeanRule(), settings, ToldInitialiser(told))
        .objects[0];
  };
  const FittedObject deaf = fitted(0), obeys = fitted(1), doubts = fitted(0.5);
  EXPECT_LT(angle_difference(deaf.alpha, target), 0.02);
  EXPECT_LT(angle_difference(obeys.alpha, told), 0.02);  // told by 4 e-folds
  EXPECT_NEAR(obeys.loss, 1, 0.01);                      // its own, without the word
  ASSERT_GE(obeys.modes.size(), 2u);
  EXPECT_LT(angle_difference(obeys.modes[1].alpha, target), 0.05);
  EXPECT_NEAR(std::log(obeys.modes[0].probability / obeys.modes[1].probability), 2, 0.3);
  ASSERT_GE(doubts.modes.size(), 2u);
  EXPECT_NEAR(std::log(doubts.modes[0].probability / doubts.modes[1].probability), 0, 0.3);
}

TEST(Fit, AFitThatEndsWhereTheNetworkSaysItIsNotCanBeTold) {
  const double target = 0.7, told = target + M_PI;
  const std::vector<Observation> both{observation(500), observation(100)};
  const auto fitted = [&](const Initialiser& initialiser, double limit, int iterations) {
    FitSettings settings = plain_settings();
    settings.heading_weight = 0;  // the fit goes its own way
    settings.iterations = iterations;
    const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(target)},
                                      {"poison", 1, std::make_shared<PoisonedLoss>(1, limit)}});
    return fit_objects(both, goal, MeanRule(), settings, initialiser).objects;
  };
  const std::vector<FittedObject> doubted = fitted(ToldInitialiser(told), -2, 100);
  EXPECT_NE(doubted[1].failure, "");
  for (const FittedObject& object : doubted) {  // the failed one as well
    ASSERT_EQ(object.heading_distribution.size(), 24u);
    EXPECT_GT(heading_support(object.heading_distribution, told), 0.5);
  }
  EXPECT_LT(angle_difference(doubted[0].alpha, target), 0.02);
  EXPECT_LT(heading_support(doubted[0].heading_distribution, doubted[0].alpha), 0.05);
  const FittedObject borne_out = fitted(ToldInitialiser(target), 2, 100)[0];
  EXPECT_GT(heading_support(borne_out.heading_distribution, borne_out.alpha), 0.5);
  EXPECT_EQ(fitted(ToldInitialiser(told), 2, 0)[1].heading_distribution,
            doubted[1].heading_distribution)
      << "the network alone";
  EXPECT_TRUE(fitted(HeadingInitialiser(), 2, 100)[0].heading_distribution.empty());
}

TEST(Fit, AnObserverSeesEveryStepAndChangesNothing) {
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(1.0)}});
  FitSettings settings = plain_settings();
  settings.iterations = 20;
  settings.prune_steps = {10};
  settings.prune_keep = {3};
  const std::vector<Observation> both{observation(500), observation(100)};
  std::vector<int64_t> rows;
  std::vector<double> last;
  const FitResult seen = fit_objects(
      both, goal, MeanRule(), settings, HeadingInitialiser(), {}, [&](const FitSnapshot& now) {
        EXPECT_EQ(now.step, static_cast<int>(rows.size()));
        EXPECT_EQ(now.loss.size(0), now.state.size(0));
        rows.push_back(now.state.size(0));
        if (now.step == settings.iterations)
          for (int64_t b = 0; b < 2; ++b) last.push_back(now.loss.select(0, b).item<double>());
      });
  ASSERT_EQ(rows.size(), 21u);
  EXPECT_EQ(rows.front(), 16);
  EXPECT_EQ(rows[10], 6);
  EXPECT_EQ(rows.back(), 2);
  const FitResult alone = fit_objects(both, goal, MeanRule(), settings, HeadingInitialiser());
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(seen.objects[i].loss, alone.objects[i].loss);
    EXPECT_EQ(seen.objects[i].alpha, alone.objects[i].alpha);
    EXPECT_NEAR(seen.objects[i].loss, last[i], 1e-6);
  }
}

TEST(Fit, PoseIsGivenInTheRectifiedFrame) {
  const FitResult result =
      fit_objects({observation(500)},
                  objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)}}),
                  MeanRule(),
                  plain_settings(),
                  HeadingInitialiser());
  const FittedObject& object = result.objects[0];
  const Camera& camera = observation(500).camera;
  const Eigen::Vector2d pixel = camera.project(object.box.centre());
  EXPECT_NEAR(pixel.x(), 560, 0.5);
  EXPECT_NEAR(pixel.y(), 190, 0.5);
  EXPECT_NEAR((object.box.location + camera.offset).z(), 16.2, 1e-2);
  EXPECT_EQ(object.mesh.vertices.size(), 8u);
}

TEST(Fit, NotANumberFailsTheHypothesisAndAtLastTheObjectButNotItsNeighbours) {
  const auto fit = [](double limit) {
    return fit_objects({observation(500), observation(100)},
                       objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)},
                                  {"poison", 1, std::make_shared<PoisonedLoss>(0, limit)}}),
                       MeanRule(),
                       plain_settings(),
                       HeadingInitialiser());
  };
  const FitResult all = fit(-2);
  EXPECT_NE(all.objects[0].failure, "");
  EXPECT_EQ(all.objects[1].failure, "");
  EXPECT_EQ(all.failed_hypotheses, 8);
  EXPECT_LT(angle_difference(all.objects[1].alpha, 0.4), 0.02);

  const FitResult some = fit(0.95);
  EXPECT_EQ(some.objects[0].failure, "");
  EXPECT_GT(some.failed_hypotheses, 0);
  EXPECT_LT(some.failed_hypotheses, 8);
}

TEST(Fit, AFailedObjectSaysWhichLossAndWhen) {
  const FitResult result =
      fit_objects({observation(500), observation(100)},
                  objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)},
                             {"poison", 1, std::make_shared<PoisonedLoss>(1, -2)}}),
                  MeanRule(),
                  plain_settings(),
                  HeadingInitialiser());
  EXPECT_EQ(result.objects[0].failure, "");
  EXPECT_NE(result.objects[1].failure.find("in step 0, loss 'poison' is not finite"),
            std::string::npos)
      << result.objects[1].failure;
}

/// Pulls the hypotheses of one object away from the camera, without end.
class RunawayLoss : public Loss {
 public:
  Channels needs() const override { return {}; }
  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor log_depth = input.hypothesis.location.select(1, 2).log();
    return at::where(input.hypothesis.object.eq(0), -log_depth, at::zeros_like(log_depth));
  }
};

TEST(Fit, ADivergedObjectFailsAndTheOthersGoOn) {
  FitSettings settings = plain_settings();
  settings.iterations = 300;
  const FitResult result =
      fit_objects({observation(500), observation(100)},
                  objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)},
                             {"runaway", 1, std::make_shared<RunawayLoss>()}}),
                  MeanRule(),
                  settings,
                  HeadingInitialiser());
  EXPECT_NE(result.objects[0].failure.find("diverged"), std::string::npos);
  EXPECT_EQ(result.objects[1].failure, "");
  EXPECT_EQ(result.failed_hypotheses, 8);
}

TEST(Fit, OneStartExploresItsWayOutOfTheWrongValley) {
  const double target = 2.5;
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(target)}});
  FitSettings settings = plain_settings();
  settings.hypotheses = 1;
  settings.first_heading = (target + 2.8) * 180 / M_PI;
  settings.prune_steps = settings.prune_keep = {};
  EXPECT_GT(angle_difference(
                fit_objects({observation(500)}, goal, MeanRule(), settings, HeadingInitialiser())
                    .objects[0]
                    .alpha,
                target),
            2.5);
  settings.exploration = {30, 15};
  const FitResult explored =
      fit_objects({observation(500)}, goal, MeanRule(), settings, HeadingInitialiser());
  EXPECT_LT(angle_difference(explored.objects[0].alpha, target), 0.02);
  // Two explorations (a third would not end in time) of 15 steps with six branches more, and the
  // two evaluations at the end.
  EXPECT_EQ(explored.renders, 100 + 2 * 15 * 6 + 2);
}

TEST(Fit, PruningSavesRenders) {
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)}});
  FitSettings settings = plain_settings();
  settings.prune_steps = {30, 60};
  settings.prune_keep = {4, 2};
  const FitResult result =
      fit_objects({observation(500)}, goal, MeanRule(), settings, HeadingInitialiser());
  EXPECT_EQ(result.renders, 8 * 30 + 4 * 30 + 2 * 40 + 2 + 1);
}

TEST(Fit, PruningKeepsOneHypothesisAValley) {
  // By loss alone both survivors would stand in the lower valley: five of eight starts run there.
  const double target = 0.4;
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(target)}});
  FitSettings settings = plain_settings();
  settings.prune_steps = {60};
  settings.prune_keep = {2};
  std::vector<float> headings;
  fit_objects({observation(500)},
              goal,
              MeanRule(),
              settings,
              HeadingInitialiser(),
              {},
              [&](const FitSnapshot& now) {
                if (now.step != 60) return;
                ASSERT_EQ(now.state.size(0), 2);
                const at::Tensor column = now.state.select(1, StateLayout::kHeading).contiguous();
                headings.assign(column.data_ptr<float>(), column.data_ptr<float>() + 2);
              });
  ASSERT_EQ(headings.size(), 2u);
  EXPECT_LT(angle_difference(headings[0], target), 0.1);
  EXPECT_LT(angle_difference(headings[1], target + M_PI), 0.1);
}

/// The range at which hypotheses of the object were last seen.
class WatchingLoss : public Loss {
 public:
  Channels needs() const override { return {}; }
  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor z = input.hypothesis.location.select(1, 2);
    depths = z.detach().clone();
    headings = input.hypothesis.rotation_y.detach().clone();
    // Each heading wants a range of its own.
    return (z - 20 - 2 * input.hypothesis.rotation_y.detach().sin()).square();
  }
  mutable at::Tensor depths, headings;
};

TEST(Fit, HypothesesShareAllButTheHeadingWhereAsked) {
  for (const Sharing share : {Sharing::nothing, Sharing::all_but_heading}) {
    const auto watch = std::make_shared<WatchingLoss>();
    FitSettings settings = plain_settings();
    settings.share = share;
    const Objective goal =
        objective({{"watch", 0.01, watch}, {"heading", 1, std::make_shared<HeadingLoss>(0.4)}});
    class Watched : public MeanRule {
     public:
      explicit Watched(const WatchingLoss& loss) : loss_(loss) {}
      at::Tensor combine(const RuleInput& input) const override {
        depths = loss_.depths;
        headings = loss_.headings;
        return MeanRule::combine(input);
      }
      mutable at::Tensor depths, headings;

     private:
      const WatchingLoss& loss_;
    } rule(*watch);
    fit_objects({observation(500)}, goal, rule, settings, HeadingInitialiser());
    const double spread = (rule.depths.max() - rule.depths.min()).item<double>();
    if (share == Sharing::nothing)
      EXPECT_GT(spread, 0.5);
    else
      EXPECT_EQ(spread, 0);
    EXPECT_GT((rule.headings.max() - rule.headings.min()).item<double>(), 1);
  }
}

TEST(Fit, TheRangeBeginsWhereItIsAskedTo) {
  FitSettings settings = plain_settings();
  settings.rates = {};
  settings.rates.depth = settings.rates.size = 0;
  const Objective goal = objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)}});
  const auto range = [&] {
    const FittedObject object =
        fit_objects({observation(500)}, goal, MeanRule(), settings, HeadingInitialiser())
            .objects[0];
    return object.box.location.z() + observation(500).camera.offset.z();
  };
  EXPECT_NEAR(range(), 16.2, 1e-3);
  settings.start_depth = StartDepth::box_height;
  EXPECT_NEAR(range(), 721.5 * 1.526 / 80, 1e-3);
}

TEST(Fit, NothingToFitIsNoError) {
  EXPECT_TRUE(fit_objects({},
                          objective({{"heading", 1, std::make_shared<HeadingLoss>(0.4)}}),
                          MeanRule(),
                          plain_settings(),
                          HeadingInitialiser())
                  .objects.empty());
}

}  // namespace
}  // namespace monodr
