// SPDX-License-Identifier: Apache-2.0
#include "fitting/heading_modes.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "plugin/predictor.h"

namespace monodr {
namespace {

constexpr double kFailed = 1000;

/// One object straight ahead, where rotation_y is the allocentric heading; headings in degrees.
HeadingCandidates candidates(std::vector<float> headings, std::vector<float> losses) {
  const auto count = static_cast<int64_t>(headings.size());
  HypothesisBatch hypotheses;
  hypotheses.rotation_y = at::tensor(headings) * (M_PI / 180);
  hypotheses.location = at::tensor({0.F, 1.6F, 12.F}).repeat({count, 1});
  hypotheses.dimensions = at::tensor({1.5F, 1.6F, 3.9F}).repeat({count, 1});
  return heading_candidates(hypotheses, at::tensor(losses).view({1, count}), kFailed);
}

double degrees(const HeadingMode& mode) {
  return mode.alpha * 180 / M_PI;
}

TEST(HeadingModes, HypothesesOfOneValleyAreOneMode) {
  const auto modes = heading_modes(candidates({10, 15, -20, 370}, {1, 2, 3, 4}), {}, 0, 0, 7, 0.1);
  ASSERT_EQ(modes.size(), 1u);
  EXPECT_EQ(modes[0].probability, 1);
  EXPECT_EQ(modes[0].loss, 7);
  EXPECT_NEAR(degrees(modes[0]), 10, 1e-4);
  EXPECT_NEAR(modes[0].box.length, 3.9, 1e-6);
  EXPECT_NEAR(modes[0].box.location.z(), 12, 1e-6);
}

TEST(HeadingModes, ATemperatureOfDifferenceIsAFactorOfE) {
  const auto modes = heading_modes(candidates({190, 10, 100}, {2, 1.5, 1.75}), {}, 0, 1, 1.5, 0.25);
  ASSERT_EQ(modes.size(), 3u);
  EXPECT_NEAR(degrees(modes[0]), 10, 1e-4);
  EXPECT_NEAR(degrees(modes[1]), 100, 1e-4);
  EXPECT_NEAR(degrees(modes[2]), -170, 1e-4);
  EXPECT_NEAR(modes[0].probability / modes[1].probability, std::exp(1), 1e-6);
  EXPECT_NEAR(modes[0].probability / modes[2].probability, std::exp(2), 1e-6);
  EXPECT_NEAR(modes[0].probability + modes[1].probability + modes[2].probability, 1, 1e-12);
  EXPECT_NEAR(modes[2].loss, 2, 1e-6);
}

TEST(HeadingModes, WhatWasDroppedStillCounts) {
  const auto modes =
      heading_modes(candidates({10}, {1}), candidates({12, 180, 11}, {5, 5.5, 5.25}), 0, 0, 1, 0.5);
  ASSERT_EQ(modes.size(), 2u);
  EXPECT_NEAR(std::abs(degrees(modes[1])), 180, 1e-4);
  EXPECT_NEAR(modes[0].probability / modes[1].probability, std::exp(1), 1e-6);
  EXPECT_NEAR(modes[1].loss, 1.5, 1e-6) << "as far above the best as when it was dropped";
}

TEST(HeadingModes, TheReportedOneComesFirstThoughAnotherIsBetter) {
  const auto modes = heading_modes(candidates({10, 190}, {1, 2}), {}, 0, 1, 1, 1);
  ASSERT_EQ(modes.size(), 2u);
  EXPECT_NEAR(degrees(modes[0]), -170, 1e-4);
  EXPECT_LT(modes[0].probability, modes[1].probability);
}

TEST(HeadingModes, AFailedHypothesisIsNoAnswer) {
  EXPECT_EQ(heading_modes(candidates({10, 190}, {1, kFailed}), {}, 0, 0, 1, 1).size(), 1u);
  EXPECT_TRUE(
      heading_modes(candidates({10, 190}, {kFailed, kFailed}), {}, 0, 0, kFailed, 1).empty());
}

TEST(HeadingModes, WhoTriedOneHeadingKnowsNothingOfOthers) {
  EXPECT_TRUE(heading_modes(candidates({10}, {1}), {}, 0, 0, 1, 1).empty());
  EXPECT_EQ(heading_modes(candidates({10}, {1}), candidates({10}, {1}), 0, 0, 1, 1).size(), 1u);
}

TEST(HeadingModes, WhatAPredictorSaysHasModesWithoutAFit) {
  at::Tensor distribution = at::full({24}, 1e-3);
  distribution[2] = 0.7;
  distribution[14] = 0.2;
  distribution = (distribution / distribution.sum()).log();
  Box3d box;
  box.location = {1, 2, 20};
  box.rotation_y = 1;
  const double alpha = heading_of_bin(2, 24);
  const auto modes = heading_modes_said(distribution, box, alpha, 0.3, 0.02);
  ASSERT_GE(modes.size(), 2u);
  EXPECT_NEAR(modes[0].box.rotation_y, 1, 0.02) << "the highest peak is where the box stands";
  EXPECT_NEAR(std::abs(modes[0].alpha - modes[1].alpha), M_PI, 0.05);
  EXPECT_NEAR(modes[1].box.rotation_y, 1 - M_PI, 0.05);
  EXPECT_NEAR(modes[1].loss - modes[0].loss,
              0.02 * std::log(modes[0].probability / modes[1].probability),
              1e-9);
  double sum = 0;
  for (const HeadingMode& mode : modes) sum += mode.probability;
  EXPECT_NEAR(sum, 1, 1e-6);
}

}  // namespace
}  // namespace monodr
