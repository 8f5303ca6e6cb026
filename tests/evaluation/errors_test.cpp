// SPDX-License-Identifier: Apache-2.0
#include "evaluation/errors.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "experiment/category_file.h"

namespace monodr {
namespace {

Annotation make_car(double left, double x, double z, double rotation_y, double score = 1) {
  Annotation car;
  car.category = "Car";
  car.box2d = {left, 100, left + 100, 160};
  car.box3d.location = {x, 1.6, z};
  car.box3d.height = 1.5;
  car.box3d.width = 1.6;
  car.box3d.length = 4;
  car.box3d.rotation_y = rotation_y;
  car.score = score;
  return car;
}

std::vector<LabelOutcome> outcomes_of(const std::vector<Annotation>& labels,
                                      const std::vector<Annotation>& detections) {
  return measure_pose_errors({{"7", labels}}, {{"7", detections}}, load_category("car"));
}

double degrees(double angle) {
  return angle * M_PI / 180;
}

TEST(PoseErrors, AreMeasuredInTheirOwnUnits) {
  const Annotation label = make_car(100, 0, 20, 3.0);
  Annotation detection = make_car(105, 0.3, 22, -3.0, 0.7);
  detection.box3d.length = 5;
  const auto outcomes = outcomes_of({label}, {detection});
  ASSERT_EQ(outcomes.size(), 1u);
  const LabelOutcome& outcome = outcomes[0];
  EXPECT_TRUE(outcome.matched());
  EXPECT_EQ(outcome.frame, "7");
  EXPECT_EQ(outcome.difficulty, Difficulty::easy);
  EXPECT_NEAR(outcome.heading_error, 2 * M_PI - 6, 1e-12) << "the short way round";
  EXPECT_NEAR(outcome.heading_turn, 2 * M_PI - 6, 1e-12) << "clockwise from above is positive";
  EXPECT_NEAR(
      outcomes_of({make_car(100, 0, 20, -3.0)}, {make_car(100, 0, 20, 3.0)})[0].heading_turn,
      6 - 2 * M_PI,
      1e-12);
  EXPECT_NEAR(outcome.location_error, std::hypot(0.3, 2), 1e-12);
  EXPECT_NEAR(
      std::hypot(outcome.radial_error, outcome.lateral_error), outcome.location_error, 1e-12);
  EXPECT_NEAR(outcome.radial_error, 2, 0.02) << "too far is positive";
  EXPECT_NEAR(outcome.size_error, 0.25 / 3, 1e-12);
  EXPECT_EQ(outcome.score, 0.7);
  EXPECT_GT(outcome.bev_overlap, 0);
  EXPECT_LE(outcome.volume_overlap, outcome.bev_overlap);
}

TEST(PoseErrors, APerfectDetectionHasNone) {
  const Annotation car = make_car(100, -3, 17, 0.4);
  const LabelOutcome outcome = outcomes_of({car}, {car}).at(0);
  EXPECT_EQ(outcome.heading_error, 0);
  EXPECT_EQ(outcome.location_error, 0);
  EXPECT_EQ(outcome.lateral_error, 0);
  EXPECT_EQ(outcome.size_error, 0);
  EXPECT_NEAR(outcome.volume_overlap, 1, 1e-12);
}

TEST(PoseErrors, TheSurestDetectionChoosesFirstAndTakesTheLargestOverlap) {
  const std::vector<Annotation> labels = {make_car(100, 0, 20, 0), make_car(130, 3, 20, 0)};
  // Both detections overlap both labels by more than half.
  const std::vector<Annotation> detections = {make_car(112, 0, 20, 0.1, 0.5),
                                              make_car(110, 0, 20, 0.2, 0.9)};
  const auto outcomes = outcomes_of(labels, detections);
  EXPECT_EQ(outcomes.at(0).detection, 1);
  EXPECT_EQ(outcomes.at(1).detection, 0) << "each label once";
}

TEST(PoseErrors, WhatDoesNotMatchIsKeptAsAMiss) {
  Annotation van = make_car(100, 0, 20, 0);
  van.category = "Van";
  Annotation without_box3d = make_car(100, 0, 20, 0);
  without_box3d.box3d = {};
  without_box3d.box3d.length = -1;
  for (const Annotation& detection : {make_car(160, 0, 20, 0), van, without_box3d}) {
    const auto outcomes = outcomes_of({make_car(100, 0, 20, 0)}, {detection});
    ASSERT_EQ(outcomes.size(), 1u);
    EXPECT_FALSE(outcomes[0].matched());
    EXPECT_TRUE(std::isnan(outcomes[0].heading_error));
    EXPECT_TRUE(std::isnan(outcomes[0].location_error));
    EXPECT_EQ(outcomes[0].bev_overlap, 0);
  }
}

TEST(PoseErrors, LabelsTooHardToCountAreLeftOutButTakeTheirDetection) {
  Annotation hidden = make_car(100, 0, 20, 0);
  hidden.occlusion = 3;
  const auto outcomes = outcomes_of({hidden, make_car(130, 3, 20, 0)}, {make_car(101, 0, 20, 0.1)});
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].label, 1);
  EXPECT_FALSE(outcomes[0].matched());
}

double summary_of(const std::string& metric,
                  const std::vector<LabelOutcome>& outcomes,
                  Difficulty difficulty = Difficulty::easy) {
  return summarise(metric_named(metric), outcomes, difficulty);
}

TEST(PoseSummary, CountsMissesAsFailuresOfEverySuccess) {
  std::vector<Annotation> labels, detections;
  const double errors[] = {0, 5, 20, 90, 178};
  for (int i = 0; i < 6; ++i) labels.push_back(make_car(200.0 * i, 4.0 * i, 20, 1));
  for (int i = 0; i < 5; ++i)
    detections.push_back(make_car(200.0 * i, 4.0 * i, 20, 1 + degrees(errors[i])));
  const auto outcomes = outcomes_of(labels, detections);
  EXPECT_EQ(summary_of("objects", outcomes), 6);
  EXPECT_NEAR(summary_of("recall", outcomes), 5.0 / 6, 1e-12);
  EXPECT_NEAR(summary_of("heading_within_10", outcomes), 2.0 / 6, 1e-12);
  EXPECT_NEAR(summary_of("heading_within_30", outcomes), 3.0 / 6, 1e-12);
  EXPECT_NEAR(summary_of("heading_flipped", outcomes), 1.0 / 5, 1e-12);
  EXPECT_NEAR(summary_of("heading_quarter_turned", outcomes), 1.0 / 5, 1e-12);
  EXPECT_NEAR(summary_of("heading_error_median", outcomes), 20, 1e-9);
  // 1.6 x 4 m turned by 20 degrees or less, and by 178, still share more than half.
  EXPECT_NEAR(summary_of("bev_overlap_50", outcomes), 4.0 / 6, 1e-12);
  EXPECT_EQ(summary_of("bev_overlap_50", outcomes), summary_of("volume_overlap_50", outcomes));
  EXPECT_NEAR(summary_of("location_error_median", outcomes), 0, 1e-12);
}

TEST(PoseSummary, DifficultiesIncludeTheEasierOnes) {
  std::vector<Annotation> labels;
  for (int i = 0; i < 3; ++i) {
    labels.push_back(make_car(200.0 * i, 4.0 * i, 20, 1));
    labels.back().occlusion = i;
  }
  const auto outcomes = outcomes_of(labels, labels);
  EXPECT_EQ(summary_of("objects", outcomes, Difficulty::easy), 1);
  EXPECT_EQ(summary_of("objects", outcomes, Difficulty::moderate), 2);
  EXPECT_EQ(summary_of("objects", outcomes, Difficulty::hard), 3);
}

TEST(PoseSummary, OfNothingIsNotANumber) {
  EXPECT_EQ(summary_of("objects", {}), 0);
  EXPECT_TRUE(std::isnan(summary_of("recall", {})));
  const auto missed = outcomes_of({make_car(100, 0, 20, 0)}, {});
  EXPECT_EQ(summary_of("recall", missed), 0);
  EXPECT_EQ(summary_of("heading_within_30", missed), 0);
  EXPECT_TRUE(std::isnan(summary_of("heading_error_median", missed)));
}

}  // namespace
}  // namespace monodr
