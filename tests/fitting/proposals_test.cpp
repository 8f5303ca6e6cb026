// SPDX-License-Identifier: Apache-2.0
#include "fitting/proposals.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "fitting/box_prior.h"
#include "fitting/heading_distribution.h"
#include "fitting/object_coordinates.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"
#include "plugin/close_up.h"
#include "plugin/facing_view.h"

namespace monodr {
namespace {

/// Says of each object that it heads as bright as the left half of its crop is: a picture and its mirror image differ.
class ToldPredictor : public Predictor {
 public:
  PredictorInputs reads() const override { return {}; }
  void begin(const PredictorLayout&, std::uint64_t) override {}
  TensorTable weights() const override { return {}; }
  Proposals predict(const ObservationBatch& batch) const override {
    const int64_t half = batch.image.size(-1) / 2;
    const at::Tensor heading = batch.image.slice(3, 0, half).mean({1, 2, 3});
    Proposals proposals;
    proposals.heading = heading_target(heading, 24).log();
    proposals.log_probability = at::log_softmax(at::zeros({batch.count(), 2}), 1);
    proposals.state = at::zeros({batch.count(), 2, 7 + 2 + 3});
    proposals.state.select(2, PredictorLayout::kDepth).fill_(0.2);
    proposals.state.select(2, PredictorLayout::kSize).fill_(0.1);
    // The second head is turned around, and has another length.
    proposals.state.select(2, PredictorLayout::kHeading).select(1, 0).copy_(heading);
    proposals.state.select(2, PredictorLayout::kHeading).select(1, 1).copy_(heading + M_PI);
    proposals.state.select(2, PredictorLayout::kSize + 2).select(1, 1).fill_(-0.3);
    return proposals;
  }
};

Observation crop_of_brightness(float left, float right, bool has_depth) {
  Observation o;
  o.camera = {{721.5, 721.5, 609.6, 172.9}, {0.06, 0, 0.003}, 1242, 375};
  o.box = {600, 160, 680, 210};
  o.crop = crop_around(o.box, 1.3, 16);
  o.image.assign(3 * 256, right);
  for (size_t p = 0; p < o.image.size(); ++p)
    if (p % 16 < 8) o.image[p] = left;
  o.mask.assign(256, 1);
  o.known.assign(256, 1);
  o.depth.assign(256, has_depth ? 20.0F : 0.0F);
  return o;
}

/// Says, besides, the object coordinates of a box at (1, 1.5, 20) that heads along the camera's x axis.
class CoordinatePredictor : public ToldPredictor {
 public:
  Proposals predict(const ObservationBatch& batch) const override {
    Proposals proposals = ToldPredictor::predict(batch);
    const int64_t count = batch.count(), size = batch.mask.size(-1);
    const UprightBoxes boxes{
        at::tensor({1.F, 1.5F, 20.F}).repeat({count, 1}), batch.size_mean, at::zeros({count})};
    // 64 bins, all of the probability to the one that the coordinate is in.
    const at::Tensor bin =
        (coordinates_in(boxes, batch).clamp(0, 0.999) * 64).floor().to(at::kLong).unsqueeze(2);
    proposals.coordinates = at::full({count, 3, 64, size, size}, -20.F).scatter_(2, bin, 0.F);
    proposals.presence = at::full({count, size, size}, 5.F);
    return proposals;
  }
};

class ProposalsTest : public testing::Test {
 protected:
  Starts start(const std::vector<Observation>& observations, int hypotheses, bool mirror) {
    FitSettings settings;
    settings.hypotheses = hypotheses;
    settings.size_mean = {1.5, 1.6, 3.9};
    settings.size_deviation = {0.1, 0.1, 0.1};
    const ObservationBatch batch =
        make_observation_batch(observations, settings.size_mean, settings.size_deviation);
    return PredictorInitialiser(std::make_shared<ToldPredictor>(), Views{mirror, 1})
        .start(observations, batch, prior_, {2, 3}, settings);
  }

  BoxPrior prior_;
};

TEST_F(ProposalsTest, StartsAreThePeaksWithTheStateOfTheHeadThatIsNear) {
  const Starts starts = start({crop_of_brightness(0.5, 0.5, true)}, 2, false);
  const at::Tensor heading = starts.state.select(1, StateLayout::kHeading);
  EXPECT_LT(angle_difference(heading[0].item<double>(), 0.5), 0.03);
  EXPECT_LT(angle_difference(heading[1].item<double>(), 0.5 + M_PI), 0.03);
  EXPECT_NEAR(starts.state[0][StateLayout::kSize + 2].item<double>(), 0, 1e-6);
  EXPECT_NEAR(starts.state[1][StateLayout::kSize + 2].item<double>(), -0.3, 1e-6);
  EXPECT_GT(starts.log_probability[0][0].item<double>(),
            starts.log_probability[0][1].item<double>());
  EXPECT_EQ(starts.heading.sizes(), at::IntArrayRef({1, 24}));
}

/// The pose of each head stays; size, shape and texture are the other's mean, and the paint is the same as where the other starts.
TEST(WithShapeOf, TakesTheOthersMeanWithItsGradient) {
  using L = PredictorLayout;
  const StateLayout layout{2, 3};
  at::manual_seed(1);
  Proposals view, other;
  view.state = at::randn({4, 3, L::kShape + 5}).set_requires_grad(true);
  other.state = at::randn({4, 2, L::kShape + 5}).set_requires_grad(true);
  const at::Tensor odds = at::randn({4, 2}).set_requires_grad(true);
  other.log_probability = at::log_softmax(odds, 1);
  const at::Tensor starts = at::randn({4, layout.columns()}),
                   other_starts = at::randn({4, layout.columns()});
  const at::Tensor state = with_shape_of(other, other_starts, view, starts, layout);
  const at::Tensor mean = (odds.softmax(1).unsqueeze(2) * other.state).sum(1);
  const at::Tensor absolute = proposed_states(mean, other_starts, layout);
  for (int64_t k = 0; k < 3; ++k) {
    const at::Tensor own = view.state.select(1, k), head = state.select(1, k);
    EXPECT_TRUE(head.slice(1, 0, L::kSize).equal(own.slice(1, 0, L::kSize)));
    EXPECT_TRUE(head.select(1, L::kHeading).equal(own.select(1, L::kHeading)));
    const at::Tensor drawn = proposed_states(head, starts, layout);
    for (const auto& [begin, end] : {std::pair(StateLayout::kSize, StateLayout::kHeading),
                                     std::pair(StateLayout::kShape, layout.columns())})
      EXPECT_TRUE(drawn.slice(1, begin, end).allclose(absolute.slice(1, begin, end), 1e-5, 1e-6));
  }
  state.slice(2, L::kShape).square().sum().backward();
  EXPECT_EQ(view.state.grad().abs().sum().item<double>(), 0);
  for (const at::Tensor& from : {other.state, odds})
    EXPECT_GT(from.grad().flatten(1).abs().sum(1).min().item<double>(), 0);
}

TEST(OfOneShape, GivesAllHeadsTheMeanAndAnObjectTheSameBitsBesideOthers) {
  using L = PredictorLayout;
  const OfOneShape predictor(std::make_unique<ToldPredictor>(), {2, 2, 3});
  std::vector<Observation> observations;
  for (int i = 0; i < 5; ++i)
    observations.push_back(crop_of_brightness(0.1F * static_cast<float>(i), 0.5, true));
  const auto said_of = [&](const std::vector<Observation>& some) {
    return predictor.predict(make_observation_batch(some, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1}));
  };
  const Proposals said = said_of(observations);
  for (int64_t b = 0; b < 5; ++b) {
    for (int64_t k = 0; k < 2; ++k)
      EXPECT_NEAR(said.state[b][k][L::kSize + 2].item<float>(), (0 - 0.3) / 2, 1e-6);
    EXPECT_NEAR((said.state[b][1] - said.state[b][0])[L::kHeading].item<float>(), M_PI, 1e-5);
    const Proposals alone = said_of({observations[static_cast<size_t>(b)]});
    EXPECT_TRUE(alone.state[0].equal(said.state[b]));
  }
}

TEST_F(ProposalsTest, ObjectCoordinatesPlaceTheBoxWhereThereIsDepth) {
  Observation seen = crop_of_brightness(0.5, 0.5, true),
              blind = crop_of_brightness(0.5, 0.5, false);
  for (Observation* o : {&seen, &blind}) {
    o->camera = {{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
    o->box = {609.6, 172.9, 681.75, 226.9};  // 2 m at 20 m, down to the road
    o->crop = crop_around(o->box, 1, 16);
  }
  for (size_t p = 0; p < 256 && seen.depth[p] > 0; ++p)
    seen.depth[p] = 20 + 0.2F * static_cast<float>(p % 7);
  FitSettings settings;
  settings.hypotheses = 3;
  settings.size_mean = {1.5, 1.6, 3.9};
  settings.size_deviation = {0.1, 0.1, 0.1};
  const std::vector<Observation> both{seen, blind};
  const ObservationBatch batch =
      make_observation_batch(both, settings.size_mean, settings.size_deviation);
  const Starts starts = PredictorInitialiser(std::make_shared<CoordinatePredictor>(), {false, 1})
                            .start(both, batch, prior_, {2, 3}, settings);
  ASSERT_TRUE(starts.coordinates.defined());
  const HypothesisBatch poses = hypotheses_from_state(
      starts.state, at::tensor({0, 0, 0, 1, 1, 1}).to(at::kLong), {2, 3}, batch);
  EXPECT_LT(std::abs(angle_difference(poses.rotation_y[0].item<double>(), 0)), 0.1);
  for (int64_t k = 0; k < 3; ++k) {
    EXPECT_NEAR(poses.location[k][0].item<double>(), 1, 0.1);
    EXPECT_NEAR(poses.location[k][2].item<double>(), 20, 0.1);
  }
  // The others are the distribution's peaks; without depth all are.
  EXPECT_LT(std::abs(angle_difference(starts.state[1][StateLayout::kHeading].item<double>(), 0.5)),
            0.03);
  EXPECT_LT(std::abs(angle_difference(starts.state[3][StateLayout::kHeading].item<double>(), 0.5)),
            0.03);
}

TEST_F(ProposalsTest, AnotherStartStaysWhereItIsAndIsJudgedByThePredictor) {
  const std::vector<Observation> observations{crop_of_brightness(0.5, 0.5, true)};
  FitSettings settings;
  settings.hypotheses = 4;
  settings.first_heading = 0.5 * 180 / M_PI;
  settings.size_mean = {1.5, 1.6, 3.9};
  settings.size_deviation = {0.1, 0.1, 0.1};
  const ObservationBatch batch =
      make_observation_batch(observations, settings.size_mean, settings.size_deviation);
  const Starts own = HeadingInitialiser().start(observations, batch, prior_, {2, 3}, settings);
  const Starts judged = JudgedInitialiser(std::make_unique<HeadingInitialiser>(),
                                          std::make_shared<CoordinatePredictor>(),
                                          Views{false, 1})
                            .start(observations, batch, prior_, {2, 3}, settings);
  EXPECT_TRUE(judged.state.equal(own.state));
  EXPECT_EQ(judged.heading.sizes(), at::IntArrayRef({1, 24}));
  EXPECT_EQ(judged.coordinates.sizes(), at::IntArrayRef({1, 4, 16, 16}));
  ASSERT_EQ(judged.log_probability.sizes(), at::IntArrayRef({1, 4}));
  EXPECT_EQ(judged.log_probability.argmax().item<int64_t>(), 0) << "it says 0.5 radians";
}

TEST_F(ProposalsTest, ObservedDepthStandsAndThePredictedOneServesWhereThereIsNone) {
  const Starts starts =
      start({crop_of_brightness(0.5, 0.5, true), crop_of_brightness(0.5, 0.5, false)}, 1, false);
  const double of_box = 721.5 * 1.5 / 50;
  EXPECT_NEAR(starts.state[0][StateLayout::kDepth].item<double>(), std::log(21.2), 1e-5);
  EXPECT_NEAR(starts.state[1][StateLayout::kDepth].item<double>(), std::log(of_box) + 0.2, 1e-5);
}

TEST_F(ProposalsTest, TheMirrorImageHasItsSay) {
  const Starts one = start({crop_of_brightness(0.5, 1.5, true)}, 2, false);
  const Starts both = start({crop_of_brightness(0.5, 1.5, true)}, 2, true);
  EXPECT_GT(one.log_probability[0][0].item<double>(), std::log(0.99));
  // The mirrored crop heads at 1.5, so the car itself at pi - 1.5.
  for (const double heading : {0.5, M_PI - 1.5}) {
    const at::Tensor p = heading_log_probability(
        both.heading, at::zeros({1}, at::kLong), at::full({1}, heading, at::kFloat));
    EXPECT_NEAR(p.item<double>(),
                std::log(0.5 * heading_target(at::full({1}, heading), 24).max().item<double>()),
                0.5);
  }
}

TEST_F(ProposalsTest, MirroredTwiceIsTheBatchItself) {
  FitSettings settings;
  const std::vector<Observation> observations{crop_of_brightness(0.2, 0.7, true)};
  const ObservationBatch batch =
      make_observation_batch(observations, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  const ObservationBatch once = mirrored(batch), twice = mirrored(once);
  EXPECT_FALSE(once.image.equal(batch.image));
  EXPECT_TRUE(twice.image.equal(batch.image));
  EXPECT_TRUE(twice.box.allclose(batch.box));
  EXPECT_TRUE(twice.intrinsics.allclose(batch.intrinsics));
  // A point and its mirror image project to mirrored pixels.
  const at::Tensor k = batch.intrinsics[0], m = once.intrinsics[0];
  const double u = (k[0][0] * 2 / 20 + k[0][2]).item<double>();
  const double v = (m[0][0] * -2 / 20 + m[0][2]).item<double>();
  EXPECT_NEAR(u + v, 16, 1e-4);
}

TEST_F(ProposalsTest, ACloseUpShowsTheSamePointsOfTheFrame) {
  std::vector<Observation> observations{crop_of_brightness(0, 0, true)};
  Observation& o = observations[0];
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 16; ++x) {
      const auto p = static_cast<size_t>(16 * y + x);
      o.image[p] = static_cast<float>(x + 0.5);  // a picture that says where it is
      o.image[256 + p] = static_cast<float>(y + 0.5);
      o.depth[p] = static_cast<float>(x);
    }
  const ObservationBatch batch =
      make_observation_batch(observations, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  EXPECT_TRUE(close_up(batch, 1).image.is_same(batch.image));
  const ObservationBatch closer = close_up(batch, 0.6);
  ASSERT_EQ(closer.image.sizes(), batch.image.sizes());
  for (const int x : {0, 5, 15}) {
    const double whole = (x + 0.5 - 8) * 0.6 + 8;  // the formula of the header
    EXPECT_NEAR(closer.image[0][0][3][x].item<double>(), whole, 1e-5);
    EXPECT_NEAR(closer.image[0][1][x][3].item<double>(), whole, 1e-5);
    EXPECT_EQ(closer.depth[0][3][x].item<double>(), std::floor(whole));
    // The ray through a pixel is that of the pixel it shows.
    const at::Tensor k = batch.intrinsics[0], c = closer.intrinsics[0];
    EXPECT_NEAR(((x + 0.5 - c[0][2]) / c[0][0]).item<double>(),
                ((whole - k[0][2]) / k[0][0]).item<double>(),
                1e-6);
    EXPECT_NEAR(((x + 0.5 - c[1][2]) / c[1][1]).item<double>(),
                ((whole - k[1][2]) / k[1][1]).item<double>(),
                1e-6);
  }
  EXPECT_NEAR(
      closer.box[0][2].item<double>(), (batch.box[0][2].item<double>() - 8) / 0.6 + 8, 1e-4);
  // Back out again, the middle is where it was.
  const ObservationBatch back = close_up(closer, 1 / 0.6);
  EXPECT_TRUE(back.box.allclose(batch.box));
  EXPECT_TRUE(back.intrinsics.allclose(batch.intrinsics));
  EXPECT_TRUE(back.image.slice(2, 5, 11).slice(3, 5, 11).slice(1, 0, 2).allclose(
      batch.image.slice(2, 5, 11).slice(3, 5, 11).slice(1, 0, 2), 1e-4, 1e-4));
}

/// The ray through a place of a picture.
Eigen::Vector3d ray_of(const at::Tensor& intrinsics, double u, double v) {
  Eigen::Matrix3d k;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      k(row, column) = intrinsics[row][column].item<double>();
  return k.inverse() * Eigen::Vector3d(u, v, 1);
}

TEST_F(ProposalsTest, AFacingViewIsThatOfACameraWhichLooksAtTheCropsMiddle) {
  Observation o = crop_of_brightness(0, 0, true);
  o.crop.left += 400;  // 40 degrees to the right of the optical axis
  o.box.left += 400;
  o.box.right += 400;
  const int64_t size = 16;
  o.image.assign(3 * size * size, 0);
  for (int64_t y = 0; y < size; ++y)
    for (int64_t x = 0; x < size; ++x) {
      o.image[static_cast<size_t>(y * size + x)] = static_cast<float>(x) + 0.5F;
      o.image[static_cast<size_t>((size + y) * size + x)] = static_cast<float>(y) + 0.5F;
      o.depth[static_cast<size_t>(y * size + x)] = 10;
    }
  const ObservationBatch batch = make_observation_batch({o}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  const double share = 0.6;
  const ObservationBatch view = facing_view(batch, share);
  const at::Tensor k = batch.intrinsics[0], facing = view.intrinsics[0];
  EXPECT_EQ(facing[0][2].item<double>(), 8) << "the optical axis goes through the middle";
  const Eigen::Vector3d middle = ray_of(facing, 8, 8), old_middle = ray_of(k, 8, 8);
  for (const int x : {1, 5, 12})
    for (const int y : {2, 8, 14}) {
      const double u = view.image[0][0][y][x].item<double>(),
                   v = view.image[0][1][y][x].item<double>();
      const Eigen::Vector3d ray = ray_of(facing, x + 0.5, y + 0.5), old_ray = ray_of(k, u, v);
      // A camera that turns sees rays under the same angles, and points at the same distance.
      EXPECT_NEAR(ray.normalized().dot(middle.normalized()),
                  old_ray.normalized().dot(old_middle.normalized()),
                  1e-6);
      EXPECT_NEAR(view.depth[0][y][x].item<double>() * ray.norm(), 10 * old_ray.norm(), 1e-3);
    }
  // As high at the middle as a close-up's, and less wide by the cosine of the angle.
  const double down = view.image[0][1][8][8].item<double>() - view.image[0][1][7][8].item<double>();
  EXPECT_NEAR(down, share, 0.01);
  const double right =
      view.image[0][0][8][8].item<double>() - view.image[0][0][8][7].item<double>();
  EXPECT_NEAR(right, share * old_middle.norm(), 0.02);
}

TEST_F(ProposalsTest, AFacingViewOnTheOpticalAxisIsACloseUp) {
  Observation o = crop_of_brightness(0.2F, 0.9F, true);
  const ObservationBatch batch = make_observation_batch({o}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  ObservationBatch ahead = batch;
  ahead.intrinsics = batch.intrinsics.clone();
  ahead.intrinsics.slice(1, 0, 2).select(2, 2).fill_(8);
  const ObservationBatch facing = facing_view(ahead, 0.7), closer = close_up(ahead, 0.7);
  EXPECT_TRUE(facing.image.allclose(closer.image, 1e-4, 1e-4));
  EXPECT_TRUE(facing.depth.allclose(closer.depth, 1e-4, 1e-4));
  EXPECT_TRUE(facing.box.allclose(closer.box, 1e-4, 1e-4));
  EXPECT_TRUE(facing.intrinsics.allclose(closer.intrinsics, 1e-4, 1e-4));
}

TEST_F(ProposalsTest, WhatIsSaidOfACloseUpLiesOverTheCropWhereItWasSeen) {
  at::Tensor columns = at::arange(16, at::kFloat).add(0.5F).expand({16, 16});
  const at::Tensor shown = at::arange(8, at::kFloat).add(0.5F).mul(2 * 0.6F).add(8 - 8 * 0.6F);
  const at::Tensor over = over_crop(at::stack({shown.expand({8, 8}), at::ones({8, 8})}), 0.6, 16);
  ASSERT_EQ(over.sizes(), at::IntArrayRef({2, 16, 16}));
  // Linear between the cells' centres, which reach half a cell less far than the window.
  const at::Tensor inside = over[0].slice(0, 4, 12).slice(1, 4, 12);
  EXPECT_TRUE(inside.allclose(columns.slice(0, 4, 12).slice(1, 4, 12), 1e-5, 1e-5));
  EXPECT_TRUE(over[1].slice(0, 4, 12).slice(1, 4, 12).eq(1).all().item<bool>());
  EXPECT_EQ(over[1].sum().item<double>(), 10 * 10) << "the window is 9.6 px wide";
}

/// Heads where the crop's box is wide: views of another size differ.
class WidthPredictor : public ToldPredictor {
 public:
  Proposals predict(const ObservationBatch& batch) const override {
    Proposals proposals = ToldPredictor::predict(batch);
    const at::Tensor width = batch.box.select(1, 2) - batch.box.select(1, 0);
    proposals.heading = heading_target(width / 16, 24).log();
    return proposals;
  }
};

TEST_F(ProposalsTest, SeveralWindowsHaveTheMeanOfTheirProbabilities) {
  const std::vector<Observation> observations{crop_of_brightness(0.5, 0.5, true)};
  const ObservationBatch batch =
      make_observation_batch(observations, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
  const WidthPredictor predictor;
  at::Tensor mean = at::zeros({1, 24}, at::kDouble);
  for (const double side : {0.88, 1.0, 1.12})
    mean += predictor.predict(close_up(batch, side)).heading.to(at::kDouble).exp() / 3;
  const Proposals asked = ask(predictor, batch, {.mirror = false, .windows = 3});
  EXPECT_TRUE(asked.heading.to(at::kDouble).exp().allclose(mean, 1e-5, 1e-7));
  EXPECT_NEAR(asked.heading.exp().sum().item<double>(), 1, 1e-5);
  const Proposals alone = ask(predictor, batch, {.mirror = false, .windows = 1});
  EXPECT_TRUE(alone.heading.equal(predictor.predict(batch).heading));
  EXPECT_TRUE(asked.state.equal(alone.state)) << "the heads are those of the crop itself";
}

}  // namespace
}  // namespace monodr
