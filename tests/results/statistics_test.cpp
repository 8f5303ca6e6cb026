// SPDX-License-Identifier: Apache-2.0
#include "results/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "base/random.h"

namespace monodr {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Statistics, MeanDeviationMedianByHand) {
  const std::vector<double> values = {2, 4, 4, 4, 5, 5, 7, 9};  // squares about 5 sum to 32
  EXPECT_DOUBLE_EQ(mean(values), 5);
  EXPECT_DOUBLE_EQ(standard_deviation(values), std::sqrt(32.0 / 7));
  EXPECT_DOUBLE_EQ(median(values), 4.5);
  EXPECT_DOUBLE_EQ(median({3, 1, 2}), 2);
  EXPECT_DOUBLE_EQ(quantile({10, 0, 20}, 0.25), 5);
  EXPECT_DOUBLE_EQ(quantile({10, 0, 20}, 1), 20);
}

TEST(Statistics, NanIsLeftOutAndTooLittleGivesNan) {
  EXPECT_DOUBLE_EQ(mean({1, nan, 3}), 2);
  EXPECT_DOUBLE_EQ(standard_deviation({1, nan, 3}), std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(median({nan, 7}), 7);
  EXPECT_TRUE(std::isnan(mean({})));
  EXPECT_TRUE(std::isnan(median({nan})));
  EXPECT_TRUE(std::isnan(standard_deviation({1})));
  EXPECT_TRUE(std::isnan(bootstrap_interval({1}).low));
  EXPECT_TRUE(std::isnan(sign_flip_p_value({})));
}

TEST(Statistics, SignFlipByHand) {
  EXPECT_DOUBLE_EQ(sign_flip_p_value({1, 2, 3}), 2.0 / 8);   // only +++ and ---
  EXPECT_DOUBLE_EQ(sign_flip_p_value({3, 1, -1}), 6.0 / 8);  // |sum| 5 3 3 1 1 3 3 5, observed 3
  EXPECT_DOUBLE_EQ(sign_flip_p_value({1, -1}), 1);
  EXPECT_DOUBLE_EQ(sign_flip_p_value({0, 0, 0}), 1);
  EXPECT_DOUBLE_EQ(sign_flip_p_value({0.1, 0.2, 0.3, nan}), 2.0 / 8);  // sums differ by rounding
}

TEST(Statistics, SampledSignFlipAgreesWithAllPatterns) {
  Random random(3);
  std::vector<double> differences(18);
  for (double& value : differences) value = random.normal(0.4, 1);
  double observed = 0;
  for (const double value : differences) observed += value;
  int as_extreme = 0;
  for (int pattern = 0; pattern < 1 << 18; ++pattern) {
    double sum = 0;
    for (int i = 0; i < 18; ++i) sum += (pattern >> i) & 1 ? differences[i] : -differences[i];
    as_extreme += std::abs(sum) >= std::abs(observed) - 1e-12;
  }
  const double exact = as_extreme / double(1 << 18);
  EXPECT_NEAR(sign_flip_p_value(differences), exact, 0.01) << exact;
}

TEST(Statistics, SampledSignFlipIsNeverZero) {
  EXPECT_DOUBLE_EQ(sign_flip_p_value(std::vector<double>(40, 1.0)),
                   1.0 / (permutation_samples + 1));
}

TEST(Statistics, BootstrapOfAConstantIsThatConstant) {
  const Interval interval = bootstrap_interval({2, 2, 2, 2});
  EXPECT_EQ(interval.low, 2);
  EXPECT_EQ(interval.high, 2);
}

TEST(Statistics, BootstrapIsDeterministicAndCoversAsItSays) {
  Random random(5);
  int covered = 0;
  const int trials = 200;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(30);
    for (double& value : values) value = random.normal(1, 2);
    const Interval interval = bootstrap_interval(values, trial);
    covered += interval.low <= 1 && 1 <= interval.high;
    const double half = 1.96 * standard_deviation(values) / std::sqrt(30.0);
    EXPECT_NEAR(interval.low, mean(values) - half, 0.25 * half);
    EXPECT_NEAR(interval.high, mean(values) + half, 0.25 * half);
    EXPECT_EQ(interval.low, bootstrap_interval(values, trial).low);
  }
  EXPECT_GE(covered, trials * 88 / 100);
  EXPECT_LE(covered, trials * 99 / 100);
}

/// Share of samples of `count` values whose interval holds the true mean.
double coverage(int count,
                const std::function<double(Random&)>& drawn_from,
                double mean_of_distribution) {
  Random random(17);
  int held = 0;
  const int trials = 250;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<double> values(count);
    for (double& value : values) value = drawn_from(random);
    const Interval interval = bootstrap_interval(values, trial);
    held += interval.low <= mean_of_distribution && mean_of_distribution <= interval.high;
  }
  return held / double(trials);
}

// 250 trials at 95 %: one standard deviation is 1.4 %.
TEST(Statistics, IntervalsHoldTheMeanAsOftenAsTheySay) {
  const auto normal = [](Random& random) { return random.normal(3, 2); };
  const auto uniform = [](Random& random) { return random.uniform(0, 1); };
  for (const int count : {fewest_for_interval, 10, 40}) {
    SCOPED_TRACE(count);
    const double share = coverage(count, normal, 3);
    EXPECT_GE(share, 0.905);
    EXPECT_LE(share, 0.99);
  }
  EXPECT_NEAR(coverage(40, uniform, 0.5), 0.95, 0.035);
  // What the table's note warns of: three seeds.
  EXPECT_NEAR(coverage(3, normal, 3), 0.75, 0.07);
}

// Where both arms are the same, p is below any level at most that often, and about that often where
// the level can be reached.
// What AP over frames and means over seeds both call "95 %".
TEST(Statistics, IntervalsReachBeyondPlainPercentilesAsFewValuesAsk) {
  std::vector<double> resampled;
  for (int i = 0; i <= 10000; ++i) resampled.push_back(i / 10000.0);
  const Interval few = expanded_percentile_interval(resampled, 5);
  const Interval many = expanded_percentile_interval(resampled, 1000000);
  EXPECT_LT(few.low, 0.002);
  EXPECT_NEAR(few.low, 1 - few.high, 1e-9);
  EXPECT_NEAR(many.low, 0.025, 1e-4);
  EXPECT_NEAR(many.high, 0.975, 1e-4);
  EXPECT_TRUE(std::isnan(expanded_percentile_interval(resampled, 1).low));
}

// By hand, and by its definition: the shares p at which the found one lies 1.96 deviations sqrt(p (1 - p) / n) away.
TEST(Statistics, WilsonIntervalIsThatOfTheScoreTest) {
  const Interval some = wilson_interval(21, 24);
  EXPECT_NEAR(some.low, 0.690, 5e-4);
  EXPECT_NEAR(some.high, 0.957, 5e-4);
  for (const auto& [successes, n] :
       std::vector<std::pair<int, int>>{{1, 7}, {21, 24}, {300, 1000}}) {
    const double found = static_cast<double>(successes) / n;
    const Interval interval = wilson_interval(successes, n);
    for (const double p : {interval.low, interval.high})
      EXPECT_NEAR(std::abs(found - p), 1.959964 * std::sqrt(p * (1 - p) / n), 1e-6);
  }
  EXPECT_EQ(wilson_interval(0, 10).low, 0);
  EXPECT_GT(wilson_interval(0, 10).high, 0.2);  // none of ten is not never
  EXPECT_NEAR(wilson_interval(10, 10).high, 1, 1e-12);
  EXPECT_TRUE(std::isnan(wilson_interval(0, 0).low));
}

TEST(Statistics, PValuesAreUniformWhereThereIsNoDifference) {
  Random random(23);
  for (const int count : {12, 40}) {
    const int trials = 250;
    std::vector<double> p_values;
    for (int trial = 0; trial < trials; ++trial) {
      std::vector<double> arm(count), baseline(count);
      for (int i = 0; i < count; ++i) {
        const double hardness = random.normal(0, 5);  // shared: the pairs are what is compared
        arm[i] = hardness + random.normal(0, 1);
        baseline[i] = hardness + random.normal(0, 1);
      }
      p_values.push_back(paired_difference(arm, baseline, trial).p);
    }
    std::sort(p_values.begin(), p_values.end());
    double distance = 0;  // Kolmogorov and Smirnov: below 1.63 / sqrt(trials) in 99 % of all cases
    for (int i = 0; i < trials; ++i)
      distance = std::max(distance, std::abs(p_values[i] - (i + 0.5) / trials));
    EXPECT_LT(distance, 1.63 / std::sqrt(trials)) << count;
  }
}

// The pairing is what finds a difference much smaller than the spread of the objects.
TEST(Statistics, PairsFindWhatMeansWouldHide) {
  Random random(29);
  std::vector<double> arm, baseline;
  for (int i = 0; i < 60; ++i) {
    const double hardness = random.normal(0, 10);
    baseline.push_back(hardness + random.normal(0, 0.3));
    arm.push_back(hardness - 0.4 + random.normal(0, 0.3));
  }
  const PairedDifference d = paired_difference(arm, baseline);
  EXPECT_LT(d.p, 0.001);
  EXPECT_LT(d.interval.high, 0);
  EXPECT_GT(d.interval.low, -0.8);
}

TEST(Statistics, PairedDifferenceLeavesOutHalfPairs) {
  const PairedDifference d = paired_difference({1, 5, nan, 3}, {0, 3, 1, nan});
  EXPECT_EQ(d.n, 2);
  EXPECT_DOUBLE_EQ(d.difference, 1.5);
  EXPECT_DOUBLE_EQ(d.p, 0.5);  // ++ and -- of four patterns
  EXPECT_GE(d.interval.low, 1);
  EXPECT_LE(d.interval.high, 2);
}

TEST(Statistics, HolmByHand) {
  // Sorted 0.005 x4 = 0.02, 0.01 x3 = 0.03, 0.03 x2 = 0.06, 0.04 x1 = 0.04 but not below 0.06.
  const std::vector<double> corrected = holm_corrected({0.01, 0.04, nan, 0.03, 0.005});
  EXPECT_DOUBLE_EQ(corrected[0], 0.03);
  EXPECT_DOUBLE_EQ(corrected[1], 0.06);
  EXPECT_TRUE(std::isnan(corrected[2]));
  EXPECT_DOUBLE_EQ(corrected[3], 0.06);
  EXPECT_DOUBLE_EQ(corrected[4], 0.02);
  EXPECT_DOUBLE_EQ(holm_corrected({0.6, 0.9})[0], 1);
  EXPECT_TRUE(holm_corrected({}).empty());
}

}  // namespace
}  // namespace monodr
