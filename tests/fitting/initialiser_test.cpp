// SPDX-License-Identifier: Apache-2.0
#include "fitting/initialiser.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fitting/box_prior.h"
#include "fitting/observation_batch.h"
#include "geometry/box.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr std::array<double, 3> kMean{1.526, 1.63, 3.88}, kDeviation{0.085, 0.055, 0.10};

Annotation car_at(double x, double z, double rotation_y) {
  Annotation car;
  car.category = "Car";
  car.box3d.location = {x, 1.65, z};
  car.box3d.height = 1.45;
  car.box3d.width = 1.7;
  car.box3d.length = 4.2;
  car.box3d.rotation_y = rotation_y;
  return car;
}

/// The observation of a car, with the depth of its centre less 1.2 m all over.
Observation observation_of(Annotation& car) {
  Observation o;
  o.frame = "000001";
  o.camera = {{721.5, 721.5, 609.6, 172.9}, {0.06, 0, 0.003}, 1242, 375};
  car.box2d = {1e9, 1e9, -1e9, -1e9};
  for (const Eigen::Vector3d& corner : car.box3d.corners()) {
    const Eigen::Vector2d pixel = o.camera.project(corner);
    car.box2d = {std::min(car.box2d.left, pixel.x()),
                 std::min(car.box2d.top, pixel.y()),
                 std::max(car.box2d.right, pixel.x()),
                 std::max(car.box2d.bottom, pixel.y())};
  }
  o.box = car.box2d;
  o.crop = crop_around(o.box, 1.3, 16);
  o.image.assign(3 * 256, 0.25F);
  o.mask.assign(256, 1);
  o.known.assign(256, 1);
  o.depth.assign(256, static_cast<float>(car.box3d.location.z() - 1.2));
  return o;
}

FitSettings settings_with(int hypotheses) {
  FitSettings settings;
  settings.hypotheses = hypotheses;
  settings.size_mean = kMean;
  settings.size_deviation = kDeviation;
  return settings;
}

Starts starts_of(const Initialiser& initialiser,
                 const std::vector<Observation>& observations,
                 const FitSettings& settings) {
  const BoxPrior prior;
  return initialiser.start(observations,
                           make_observation_batch(observations, kMean, kDeviation),
                           prior,
                           {prior.shape_dimensions(), prior.texture_dimensions()},
                           settings);
}

TEST(HeadingInitialiser, StandsAtTheBoxTheMedianDepthAndAroundTheCircle) {
  Annotation car = car_at(2, 15, 0.3);
  const Starts starts = starts_of(HeadingInitialiser(), {observation_of(car)}, settings_with(8));
  ASSERT_EQ(starts.state.size(0), 8);
  EXPECT_NEAR(starts.log_probability.exp().sum().item<double>(), 1, 1e-5);
  for (int64_t k = 0; k < 8; ++k) {
    EXPECT_NEAR(starts.state[k][StateLayout::kDepth].item<double>(), std::log(15.0), 1e-5);
    EXPECT_NEAR(starts.state[k][0].item<double>(), 0, 1e-5) << "the crop's middle";
    EXPECT_EQ(starts.state[k][StateLayout::kSize].item<double>(), 0);
    EXPECT_NEAR(starts.state[k][StateLayout::kHeading].item<double>(),
                (22.5 + 45.0 * static_cast<double>(k)) * M_PI / 180,
                1e-5);
  }
  // Without depth the height of the box says how far a car of mean height is.
  Observation blind = observation_of(car);
  blind.depth.assign(256, 0);
  const double range = 721.5 * kMean[0] / blind.box.height();
  EXPECT_NEAR(starts_of(HeadingInitialiser(), {blind}, settings_with(1))
                  .state[0][StateLayout::kDepth]
                  .item<double>(),
              std::log(range),
              1e-4);
}

TEST(DetectionInitialiser, StartsAtTheBoxAndTurnsItAsOftenAsThereAreHypotheses) {
  Annotation car = car_at(-3, 22, 1.1);
  const Observation seen = observation_of(car);
  const DetectionInitialiser initialiser({{"000001", {car}}});
  const Starts starts = starts_of(initialiser, {seen}, settings_with(4));
  EXPECT_EQ(starts.without_detection, 0);
  const BoxPrior prior;
  const StateLayout layout{prior.shape_dimensions(), prior.texture_dimensions()};
  const HypothesisBatch hypotheses =
      hypotheses_from_state(starts.state,
                            at::zeros({4}, at::kLong),
                            layout,
                            make_observation_batch({seen}, kMean, kDeviation));
  const double turns[] = {0, M_PI, M_PI / 2, -M_PI / 2};
  for (int64_t k = 0; k < 4; ++k) {
    // The state says where the box is in the camera's own frame.
    for (int i = 0; i < 3; ++i)
      EXPECT_NEAR(hypotheses.location[k][i].item<double>(),
                  (car.box3d.location + seen.camera.offset)[i],
                  1e-3);
    EXPECT_NEAR(hypotheses.dimensions[k][2].item<double>(), 4.2, 1e-3);
    EXPECT_NEAR(std::cos(hypotheses.rotation_y[k].item<double>() - 1.1 - turns[k]), 1, 1e-5);
  }
}

TEST(DetectionInitialiser, WhatMeetsNoBoxStartsAroundTheCircleAndIsCounted) {
  Annotation car = car_at(2, 15, 0.3), elsewhere = car_at(-6, 30, 0);
  const Observation seen = observation_of(car);
  observation_of(elsewhere);
  const DetectionInitialiser initialiser({{"000001", {elsewhere}}, {"000002", {car}}});
  const Starts starts = starts_of(initialiser, {seen, seen}, settings_with(3));
  EXPECT_EQ(starts.without_detection, 2);
  EXPECT_TRUE(
      starts.state.equal(starts_of(HeadingInitialiser(), {seen, seen}, settings_with(3)).state));
}

}  // namespace
}  // namespace monodr
