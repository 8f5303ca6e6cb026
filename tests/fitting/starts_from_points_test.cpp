// SPDX-License-Identifier: Apache-2.0
// Starts that look at the measured points, and what of a result they decide.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "fitting/acceptance.h"
#include "fitting/axis_initialiser.h"
#include "fitting/fit.h"
#include "fitting/observed_box.h"
#include "fitting/search_initialiser.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"
#include "plugin/registry.h"

namespace monodr {
namespace {

using testing::HasSubstr;

constexpr std::array<double, 3> kMean{1.5, 1.6, 3.9}, kDeviation{0.1, 0.1, 0.1};

Box3d box_at(double x, double z, double rotation_y) {
  Box3d box;
  box.location = {x, 1.65, z};
  box.height = kMean[0];
  box.width = kMean[1];
  box.length = kMean[2];
  box.rotation_y = rotation_y;
  return box;
}

/// A box has no front: half a turn is as good.
double axis_error(double a, double b) {
  const double d = angle_difference(a, b);
  return std::min(d, M_PI - d);
}

class StartsFromPoints : public testing::Test {
 protected:
  StartsFromPoints() {
    settings_.size_mean = kMean;
    settings_.size_deviation = kDeviation;
    settings_.hypotheses = 2;
    for (const char* loss : {"mask", "depth"})
      losses_.push_back({loss, 1, make<Loss>(PluginKind::loss, loss)});
  }

  template <typename Interface>
  std::shared_ptr<const Interface> make(PluginKind kind, const std::string& name) {
    return registry_.make<Interface>(name, {registry_.find(kind, name).info.parameters, {}, name});
  }

  Observation seen(const Box3d& box) const { return observed_box(box, *renderer_, 64); }

  Starts starts(const Initialiser& initialiser,
                const std::vector<Observation>& observations) const {
    const SolidBoxPrior prior;
    return initialiser.start(observations,
                             make_observation_batch(observations, kMean, kDeviation),
                             prior,
                             {prior.shape_dimensions(), prior.texture_dimensions()},
                             settings_);
  }

  /// The result that the start alone gives.
  FittedObject start_of(const Initialiser& initialiser, const Observation& observation) {
    settings_.iterations = 0;
    const Objective goal(std::make_shared<SolidBoxPrior>(), renderer_, losses_);
    return fit_objects({observation}, goal, Best(), settings_, initialiser).objects.front();
  }

  class Best : public Rule {
   public:
    at::Tensor combine(const RuleInput& input) const override { return input.losses.mean(1); }
    at::Tensor reported(const at::Tensor& losses) const override { return losses.argmin(1); }
  };

  Registry registry_{{std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"}};
  std::shared_ptr<const Renderer> renderer_ =
      make<Renderer>(PluginKind::renderer, "soft_rasterizer");
  std::vector<WeightedLoss> losses_;
  FitSettings settings_;
};

TEST_F(StartsFromPoints, ThePrincipalAxisIsThatOfACarSeenFromItsSide) {
  for (const double heading : {0.25, -0.35, 2.8}) {
    const Box3d car = box_at(-2, 14, heading);
    const FittedObject found = start_of(AxisInitialiser(), seen(car));
    ASSERT_EQ(found.failure, "");
    // The end that shows, too, draws the axis towards itself.
    EXPECT_LT(axis_error(found.box.rotation_y, heading), 20 * M_PI / 180) << heading;
    EXPECT_LT((found.box.location - car.location).norm(), 0.8) << heading;
  }
  const Starts both = starts(AxisInitialiser(), {seen(box_at(-2, 14, 0.25))});
  EXPECT_NEAR(std::cos((both.state[0][StateLayout::kHeading] - both.state[1][StateLayout::kHeading])
                           .item<double>()),
              -1,
              0.02);
}

TEST_F(StartsFromPoints, ThePrincipalAxisOfACarSeenFromBehindLiesAcrossIt) {
  const FittedObject found = start_of(AxisInitialiser(), seen(box_at(0, 12, M_PI / 2)));
  EXPECT_GT(axis_error(found.box.rotation_y, M_PI / 2), 60 * M_PI / 180);
}

TEST_F(StartsFromPoints, TheSearchFindsPositionAndHeading) {
  for (const double heading : {0.3, 1.2, M_PI / 2, -0.8}) {
    const Box3d car = box_at(2, 13, heading);
    const FittedObject found = start_of(SearchInitialiser(), seen(car));
    ASSERT_EQ(found.failure, "");
    EXPECT_LT(axis_error(found.box.rotation_y, heading), 6 * M_PI / 180) << heading;
    EXPECT_GT(bev_overlap(found.box, car), 0.75) << heading;
  }
}

TEST_F(StartsFromPoints, TheSearchGivesHypothesesOfDifferentHeadings) {
  settings_.hypotheses = 4;
  const at::Tensor state = starts(SearchInitialiser(), {seen(box_at(2, 13, 0.5))}).state;
  for (int64_t a = 0; a < 4; ++a)
    for (int64_t b = 0; b < a; ++b)
      EXPECT_GT(angle_difference(state[a][StateLayout::kHeading].item<double>(),
                                 state[b][StateLayout::kHeading].item<double>()),
                14.9 * M_PI / 180);
}

TEST_F(StartsFromPoints, AnObjectsStartIsItsOwn) {
  const Observation one = seen(box_at(2, 13, 0.5)), other = seen(box_at(-4, 22, 1.9));
  const AxisInitialiser axis;
  const SearchInitialiser search;
  for (const Initialiser* initialiser : std::initializer_list<const Initialiser*>{&axis, &search}) {
    const at::Tensor together = starts(*initialiser, {other, one}).state;
    EXPECT_TRUE(together.slice(0, 2, 4).equal(starts(*initialiser, {one}).state));
  }
}

TEST_F(StartsFromPoints, WithoutPointsItStartsAroundTheCircleAndIsCounted) {
  Observation blind = seen(box_at(2, 13, 0.5));
  std::fill(blind.depth.begin(), blind.depth.end(), 0.F);
  const at::Tensor expected = starts(HeadingInitialiser(), {blind}).state;
  for (const Starts& given :
       {starts(AxisInitialiser(), {blind}), starts(SearchInitialiser(), {blind})}) {
    EXPECT_EQ(given.without_detection, 1);
    EXPECT_TRUE(given.state.equal(expected));
  }
}

TEST_F(StartsFromPoints, InAStageOnlyWhatIsFreeMoves) {
  settings_.iterations = 4;
  settings_.rates.texture = 0.1;
  settings_.stage_steps = {0, 2};
  settings_.stage_free = {"depth", "position heading"};
  const Objective goal(std::make_shared<SolidBoxPrior>(), renderer_, losses_);
  std::vector<at::Tensor> states;
  fit_objects({seen(box_at(1, 14, 0.6))},
              goal,
              Best(),
              settings_,
              HeadingInitialiser(),
              {},
              [&](const FitSnapshot& now) { states.push_back(now.state.clone()); });
  const auto moved = [&](size_t from, size_t to, int64_t column) {
    return states[to].select(1, column).ne(states[from].select(1, column)).any().item<bool>();
  };
  ASSERT_EQ(states.size(), 5u);
  EXPECT_TRUE(moved(0, 2, StateLayout::kDepth));
  EXPECT_FALSE(moved(0, 2, 0));
  EXPECT_FALSE(moved(0, 2, StateLayout::kHeading));
  EXPECT_FALSE(moved(2, 3, StateLayout::kDepth));
  EXPECT_TRUE(moved(2, 3, 0));
  EXPECT_TRUE(moved(2, 3, StateLayout::kHeading));
  EXPECT_FALSE(moved(0, 3, StateLayout::kSize));
}

TEST_F(StartsFromPoints, AResultIsRefusedWithTheReason) {
  const Box3d car = box_at(2, 13, 0.4);
  settings_.acceptance = {0.7, 0.6, 0.2};
  EXPECT_EQ(start_of(SearchInitialiser(), seen(car)).failure, "");
  // Depth that is two metres off: the start stands where the points are, so the mask tells.
  Observation moved = seen(car);
  for (float& depth : moved.depth)
    if (depth > 0) depth += 6;
  settings_.search.mask_weight = 0;
  EXPECT_THAT(start_of(SearchInitialiser(), moved).failure, HasSubstr("fit.accept_mask_overlap"));
  settings_.acceptance = {0, 0.95, 0.01};
  EXPECT_THAT(start_of(AxisInitialiser(), seen(box_at(0, 12, M_PI / 2))).failure,
              HasSubstr("fit.accept_points_share"));
}

TEST_F(StartsFromPoints, OfTwoInOnePlaceTheLowerScoreIsRefused) {
  settings_.iterations = 0;
  settings_.acceptance.suppress_overlap = 0.1;
  const Box3d car = box_at(2, 13, 0.4);
  std::vector<Observation> observations(3, seen(car));
  for (size_t i = 0; i < 3; ++i) observations[i].object = static_cast<int>(i);
  observations[0].score = 0.5;
  observations[2].frame = "000002";
  const Objective goal(std::make_shared<SolidBoxPrior>(), renderer_, losses_);
  const auto objects =
      fit_objects(observations, goal, Best(), settings_, SearchInitialiser()).objects;
  EXPECT_THAT(objects[0].failure, HasSubstr("object 1 of its frame"));
  EXPECT_EQ(objects[1].failure, "");
  EXPECT_EQ(objects[2].failure, "") << "another frame";
}

TEST(StageSettings, NameGroupsOfTheState) {
  FitSettings settings;
  settings.stage_steps = {3};
  settings.stage_free = {"texture"};
  EXPECT_EQ(settings.rates_at(2).depth, settings.rates.depth) << "before the first stage";
  EXPECT_EQ(settings.rates_at(3).depth, 0);
  EXPECT_EQ(settings.rates_at(3).texture, settings.rates.texture);
  const auto wrong = [](const char* key, const char* text) {
    nlohmann::json table = fit_binding().write(FitSettings());
    table["stage_steps"] = {0.0, 2.0};
    table["stage_free"] = {"texture", "shape"};
    table[key] = nlohmann::json::parse(text);
    try {
      fit_binding().read(table);
      return std::string();
    } catch (const UserError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(wrong("iterations", "6"), "");
  EXPECT_THAT(wrong("stage_free", R"(["texture", "colour"])"), HasSubstr("\"colour\""));
  EXPECT_THAT(wrong("stage_free", R"(["texture"])"), HasSubstr("they go in pairs"));
  EXPECT_THAT(wrong("stage_steps", "[2.0, 2.0]"), HasSubstr("must rise"));
  EXPECT_THAT(wrong("stage_steps", "[0.0, 2.5]"), HasSubstr("whole numbers"));
}

}  // namespace
}  // namespace monodr
