// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace monodr {

// All functions leave NaN out before they begin (`n` in the results counts what is left) and give
// NaN where too few values remain. All random draws are seeded: the same values give the same bits.

double mean(const std::vector<double>& values);
/// Sample standard deviation, sqrt(sum (x - mean)^2 / (n - 1)); NaN for n < 2.
double standard_deviation(const std::vector<double>& values);
/// Middle value; the mean of the two middle ones for an even count.
double median(std::vector<double> values);
/// Linear interpolation between order statistics at position share * (n - 1); share in 0..1.
double quantile(std::vector<double> values, double share);

struct Interval {
  double low = 0, high = 0;
};

constexpr int bootstrap_resamples = 10000;
constexpr int permutation_samples = 20000;
/// Of fewer values an interval of 95 % cannot hold what it says, see bootstrap_interval.
constexpr int fewest_for_interval = 6;

/// 95 % expanded percentile bootstrap interval of the mean (Hesterberg, The American Statistician
/// 69, 2015): quantiles of the means of resamples drawn with replacement (Efron, 1979), at the
/// levels
///     Phi(-+ sqrt(n / (n - 1)) t(n - 1)),   t(k) = 97.5 % quantile of Student's distribution,
/// instead of 2.5 % and 97.5 %, because resamples of n values spread by a factor sqrt((n - 1) / n)
/// too little. No bootstrap reaches beyond the values themselves: of n symmetric values it holds
/// the mean with a chance of at most 1 - 2^(1 - n), 75 % for three seeds; from six on it is about
/// 95 %, if the values are not very skewed. NaN for n < 2.
Interval bootstrap_interval(const std::vector<double>& values, std::uint64_t seed = 0);

/// The same of any statistic of n independent things (frames, for AP), whose value over each of
/// many resamples is given. It is what "95 %" means wherever this program says it.
Interval expanded_percentile_interval(const std::vector<double>& resampled, size_t n);

/// 95 % score interval of a share, `successes` of `n` independent trials (Wilson, JASA 22, 1927):
///     (p + z^2/2n -+ z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n),   p = successes / n, z = 1.96,
/// which stays within 0..1 and is no point where all or none succeed. NaN for n = 0.
Interval wilson_interval(int successes, int n);

/// Two-sided p-value of "the differences are symmetric about 0" by flipping signs (Fisher): the
/// share of sign patterns whose |mean| is at least the observed one. All 2^n patterns for
/// n <= 16; else (b + 1) / (m + 1) over m random ones, which is never 0. 1 for all zeros.
double sign_flip_p_value(const std::vector<double>& differences, std::uint64_t seed = 0);

struct PairedDifference {
  double difference = 0;  ///< mean of value - baseline
  Interval interval;      ///< 95 % bootstrap
  double p = 1;           ///< sign-flip permutation test
  int n = 0;              ///< pairs in which both sides are numbers
  double least_p = 1;     ///< what p is at least, however large the difference
};

/// `values[i]` and `baseline[i]` belong to the same object (or seed).
PairedDifference paired_difference(const std::vector<double>& values,
                                   const std::vector<double>& baseline,
                                   std::uint64_t seed = 0);

/// The least that sign_flip_p_value gives for n differences: 2^(1 - n), or 1 / (m + 1) for n > 16.
double least_sign_flip_p_value(size_t n);

/// What Holm's correction multiplies each p-value by: m for the smallest of m, m - 1 for the next,
/// ... In the order given; NaN for NaN.
std::vector<double> holm_factors(const std::vector<double>& p_values);

/// Holm's step-down correction (1979): p-values that keep the chance of any false positive among
/// all of them at the level of the test. In the order given; NaN stays NaN and does not count.
std::vector<double> holm_corrected(const std::vector<double>& p_values);

}  // namespace monodr
