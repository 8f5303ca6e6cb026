// SPDX-License-Identifier: Apache-2.0
#include "results/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/random.h"

namespace monodr {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// Sums of the same numbers in another order differ by rounding and must count as equal.
constexpr double rounding = 1e-12;

std::vector<double> without_nan(const std::vector<double>& values) {
  std::vector<double> numbers;
  for (const double value : values)
    if (!std::isnan(value)) numbers.push_back(value);
  return numbers;
}

double exact_sign_flip_p_value(const std::vector<double>& differences, double observed) {
  const size_t patterns = size_t{1} << differences.size();
  size_t as_extreme = 0;
  for (size_t pattern = 0; pattern < patterns; ++pattern) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i)
      sum += (pattern >> i) & 1 ? differences[i] : -differences[i];
    as_extreme += std::abs(sum) >= observed;
  }
  return static_cast<double>(as_extreme) / static_cast<double>(patterns);
}

double sampled_sign_flip_p_value(const std::vector<double>& differences,
                                 double observed,
                                 std::uint64_t seed) {
  Random random(seed);
  int as_extreme = 0;
  for (int sample = 0; sample < permutation_samples; ++sample) {
    double sum = 0;
    std::uint64_t bits = 0;
    for (size_t i = 0; i < differences.size(); ++i) {
      if (i % 64 == 0) bits = random.bits();
      sum += bits & 1 ? differences[i] : -differences[i];
      bits >>= 1;
    }
    as_extreme += std::abs(sum) >= observed;
  }
  return (as_extreme + 1.0) / (permutation_samples + 1.0);
}

/// The places of the numbers among `values`, smallest first.
std::vector<size_t> ascending(const std::vector<double>& values) {
  std::vector<size_t> order;
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i])) order.push_back(i);
  std::stable_sort(
      order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  return order;
}

/// The share of resamples that lies below the interval of n values.
double tail_share(size_t n) {
  const double count = static_cast<double>(n);
  const boost::math::students_t_distribution<double> student(count - 1);
  const double reach = std::sqrt(count / (count - 1)) * boost::math::quantile(student, 0.975);
  return std::erfc(reach / std::sqrt(2.0)) / 2;
}

}  // namespace

double mean(const std::vector<double>& values) {
  const std::vector<double> numbers = without_nan(values);
  if (numbers.empty()) return nan;
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

double standard_deviation(const std::vector<double>& values) {
  const std::vector<double> numbers = without_nan(values);
  if (numbers.size() < 2) return nan;
  const double centre = mean(numbers);
  double squares = 0;
  for (const double value : numbers) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(numbers.size() - 1));
}

double quantile(std::vector<double> values, double share) {
  MONODR_CHECK(share >= 0 && share <= 1, "share {}", share);
  values = without_nan(values);
  if (values.empty()) return nan;
  const double position = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(position);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[below];
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  return std::lerp(low, high, position - static_cast<double>(below));
}

double median(std::vector<double> values) {
  return quantile(std::move(values), 0.5);
}

Interval bootstrap_interval(const std::vector<double>& values, std::uint64_t seed) {
  const std::vector<double> numbers = without_nan(values);
  if (numbers.size() < 2) return {nan, nan};
  Random random(seed);
  const int count = static_cast<int>(numbers.size());
  std::vector<double> means(bootstrap_resamples);
  for (double& resampled : means) {
    double sum = 0;
    for (size_t i = 0; i < numbers.size(); ++i) sum += numbers[random.below(count)];
    resampled = sum / static_cast<double>(numbers.size());
  }
  return expanded_percentile_interval(means, numbers.size());
}

Interval expanded_percentile_interval(const std::vector<double>& resampled, size_t n) {
  if (n < 2) return {nan, nan};
  const double tail = tail_share(n);
  return {quantile(resampled, tail), quantile(resampled, 1 - tail)};
}

Interval wilson_interval(int successes, int n) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (n <= 0) return {nan, nan};
  constexpr double z = 1.959963984540054;  // 97.5 % quantile of the normal distribution
  const double share = static_cast<double>(successes) / n, spread = z * z / n;
  const double centre = share + spread / 2;
  const double reach = z * std::sqrt(share * (1 - share) / n + spread / (4 * n));
  return {std::max(0.0, (centre - reach) / (1 + spread)),
          std::min(1.0, (centre + reach) / (1 + spread))};
}

double sign_flip_p_value(const std::vector<double>& differences, std::uint64_t seed) {
  const std::vector<double> numbers = without_nan(differences);
  if (numbers.empty()) return nan;
  double sum = 0, magnitude = 0;
  for (const double value : numbers) {
    sum += value;
    magnitude += std::abs(value);
  }
  const double observed = std::abs(sum) - rounding * magnitude;
  return numbers.size() <= 16 ? exact_sign_flip_p_value(numbers, observed)
                              : sampled_sign_flip_p_value(numbers, observed, seed);
}

PairedDifference paired_difference(const std::vector<double>& values,
                                   const std::vector<double>& baseline,
                                   std::uint64_t seed) {
  MONODR_CHECK(values.size() == baseline.size(), "{} and {}", values.size(), baseline.size());
  std::vector<double> differences;
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isnan(values[i]) && !std::isnan(baseline[i]))
      differences.push_back(values[i] - baseline[i]);
  return {mean(differences),
          bootstrap_interval(differences, seed),
          sign_flip_p_value(differences, seed),
          static_cast<int>(differences.size()),
          least_sign_flip_p_value(differences.size())};
}

double least_sign_flip_p_value(size_t n) {
  if (n == 0) return nan;
  return n <= 16 ? std::ldexp(1.0, 1 - static_cast<int>(n)) : 1.0 / (permutation_samples + 1.0);
}

std::vector<double> holm_factors(const std::vector<double>& p_values) {
  const std::vector<size_t> order = ascending(p_values);
  std::vector<double> factors(p_values.size(), nan);
  for (size_t rank = 0; rank < order.size(); ++rank)
    factors[order[rank]] = static_cast<double>(order.size() - rank);
  return factors;
}

std::vector<double> holm_corrected(const std::vector<double>& p_values) {
  const std::vector<double> factors = holm_factors(p_values);
  std::vector<double> corrected(p_values.size(), nan);
  double largest = 0;  // a smaller p-value never ends above a larger one
  for (const size_t i : ascending(p_values)) {
    largest = std::max(largest, std::min(1.0, factors[i] * p_values[i]));
    corrected[i] = largest;
  }
  return corrected;
}

}  // namespace monodr
