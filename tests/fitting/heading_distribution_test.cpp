// SPDX-License-Identifier: Apache-2.0
#include "fitting/heading_distribution.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "geometry/rotation.h"
#include "plugin/predictor.h"

namespace monodr {
namespace {

constexpr double kDegree = M_PI / 180;

at::Tensor told(const std::vector<double>& headings, int64_t bins = 24) {
  return heading_target(at::tensor(headings, at::kDouble), bins).log();
}

TEST(HeadingDistribution, PeaksGiveBackTheHeadingsThatItWasMadeOf) {
  // Weighted bins: between two of them as well as at the middle of one, where the best bin alone would be off by up to half
  // its width, 7.5 degrees.
  for (double degrees = -180; degrees < 180; degrees += 3.5) {
    const auto peaks = heading_peaks(told({degrees * kDegree})[0], 2);
    EXPECT_LT(angle_difference(peaks[0].heading, degrees * kDegree), 1.2 * kDegree) << degrees;
    EXPECT_GT(peaks[0].probability, 0.99);
    // One hill alone: the other start is that car turned around.
    EXPECT_NEAR(angle_difference(peaks[0].heading, peaks[1].heading), M_PI, 1e-6);
  }
}

TEST(HeadingDistribution, AHillAcrossDoesNotMoveThePeakOfAnother) {
  for (const double apart : {70.0, 90.0, 180.0})
    for (double degrees = -180; degrees < 180; degrees += 17) {
      const double heading = degrees * kDegree;
      const at::Tensor both =
          (0.4 * told({heading + apart * kDegree})[0].exp() + 0.6 * told({heading})[0].exp()).log();
      const auto peaks = heading_peaks(both, 2);
      EXPECT_LT(angle_difference(peaks[0].heading, heading), 2 * kDegree)
          << apart << " from " << degrees;
    }
}

TEST(HeadingDistribution, FrontAndRearAreBothKeptWithTheirProbabilities) {
  const at::Tensor both = (0.3 * told({0.5})[0].exp() + 0.7 * told({0.5 + M_PI})[0].exp()).log();
  const auto peaks = heading_peaks(both, 4);
  ASSERT_EQ(peaks.size(), 4u);
  EXPECT_LT(angle_difference(peaks[0].heading, 0.5 + M_PI), 0.03);
  EXPECT_LT(angle_difference(peaks[1].heading, 0.5), 0.03);
  EXPECT_NEAR(peaks[0].probability, 0.7, 0.02);
  EXPECT_NEAR(peaks[1].probability, 0.3, 0.02);
}

TEST(HeadingDistribution, SupportsTheHeadingsThatItIsNear) {
  std::vector<float> probabilities(24, 0);
  probabilities[0] = 0.5F;  // at 7.5 degrees
  probabilities[3] = 0.3F;  // at 52.5
  probabilities[12] = 0.2F;
  const auto support = [&](double degrees) {
    return heading_support(probabilities, degrees * kDegree);
  };
  EXPECT_NEAR(support(30), 0.8, 1e-6);
  EXPECT_NEAR(support(30 - 360), 0.8, 1e-6);
  EXPECT_NEAR(support(0), 0.5, 1e-6) << "52.5 degrees away is another heading";
  EXPECT_NEAR(support(-37), 0.5, 1e-6) << "across the end of the circle";
  EXPECT_NEAR(support(-172), 0.2, 1e-6);
  EXPECT_EQ(support(120), 0);
  EXPECT_EQ(heading_support({}, 0), 0);
}

TEST(HeadingDistribution, AsManyPeaksAsAreAskedForAllDifferent) {
  for (const int64_t count : {1, 2, 3, 4, 8, 12}) {
    const auto peaks = heading_peaks(told({1.0})[0], count);
    ASSERT_EQ(peaks.size(), static_cast<size_t>(count));
    double sum = 0;
    for (size_t i = 0; i < peaks.size(); ++i) {
      sum += peaks[i].probability;
      for (size_t j = 0; j < i; ++j)
        EXPECT_GT(angle_difference(peaks[i].heading, peaks[j].heading), 1e-6);
    }
    EXPECT_NEAR(sum, 1, 1e-9);
  }
}

TEST(HeadingDistribution, MirrorsAsTheCarDoes) {
  for (const double heading : {0.1, 1.2, -2.5, 3.0}) {
    const at::Tensor mirrored = mirrored_distribution(told({heading}));
    EXPECT_TRUE(mirrored.allclose(told({M_PI - heading}), 1e-6, 1e-9)) << heading;
    EXPECT_TRUE(mirrored_distribution(mirrored).equal(told({heading})));
  }
}

TEST(HeadingDistribution, LogProbabilityIsThatOfTheBinAndLinearBetween) {
  const at::Tensor distribution = told({0.4, -1.0}).to(at::kFloat);
  const auto at_heading = [&](int64_t row, double heading) {
    return heading_log_probability(
               distribution, at::full({1}, row, at::kLong), at::full({1}, heading, at::kFloat))
        .item<double>();
  };
  for (int64_t bin = 0; bin < 24; ++bin) {
    const double centre = heading_of_bin(bin, 24), width = 2 * M_PI / 24;
    const double here = distribution[1][bin].item<double>();
    const double next = distribution[1][(bin + 1) % 24].item<double>();
    EXPECT_NEAR(at_heading(1, centre), here, 1e-3);
    EXPECT_NEAR(at_heading(1, centre - 2 * M_PI), here, 1e-3);
    EXPECT_NEAR(at_heading(1, centre + width / 2), (here + next) / 2, 1e-3);
  }
  EXPECT_TRUE(std::isfinite(at_heading(0, std::nan(""))));  // of a hypothesis that has failed
}

}  // namespace
}  // namespace monodr
