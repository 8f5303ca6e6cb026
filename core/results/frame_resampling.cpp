// SPDX-License-Identifier: Apache-2.0
#include "results/frame_resampling.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

#include "base/random.h"

namespace monodr {
namespace {

// Sums of the same numbers in another order differ by rounding and must count as equal.
constexpr double kRounding = 1e-9;

std::vector<double> resampled_values(size_t frames,
                                     const FrameStatistic& statistic,
                                     int resamples,
                                     Random& random) {
  std::vector<double> values;
  std::vector<int> drawn(frames);
  for (int resample = 0; resample < resamples; ++resample) {
    std::ranges::fill(drawn, 0);
    for (size_t i = 0; i < frames; ++i) ++drawn[random.below(static_cast<int>(frames))];
    values.push_back(statistic(drawn));
  }
  return values;
}

bool all_patterns_fit(size_t frames, size_t sides, int permutations) {
  return sides == 2 && frames < 31 && (std::int64_t{1} << frames) <= permutations;
}

/// The sides of a frame in another order: of two the bit of `pattern` says whether.
void exchange(std::vector<size_t>& place, size_t frames, int pattern) {
  for (size_t f = 0; f < frames; ++f) {
    place[2 * f] = (pattern >> f) & 1;
    place[2 * f + 1] = 1 - place[2 * f];
  }
}

void shuffle(std::vector<size_t>& place, size_t frames, size_t sides, Random& random) {
  for (size_t f = 0; f < frames; ++f) random.shuffle(std::span(place).subspan(f * sides, sides));
}

/// The share of exchanges with a contrast at least as large as `observed`.
double permutation_p_value(size_t frames,
                           size_t sides,
                           const FrameContrast& contrast,
                           double observed,
                           int permutations,
                           Random& random) {
  const std::vector<int> once(frames, 1);
  std::vector<size_t> place = own_places(frames, sides);
  const bool is_exact = all_patterns_fit(frames, sides, permutations);
  const int patterns = is_exact ? 1 << frames : permutations;
  int as_extreme = 0;
  for (int pattern = 0; pattern < patterns; ++pattern) {
    if (is_exact)
      exchange(place, frames, pattern);
    else
      shuffle(place, frames, sides, random);
    as_extreme += std::abs(contrast(once, place)) >= observed;
  }
  return is_exact ? as_extreme / static_cast<double>(patterns)
                  : (as_extreme + 1.0) / (patterns + 1.0);
}

/// The order of the sides as it is and its reverse are as extreme, of all (sides!)^frames.
double least_p_value(size_t frames, size_t sides, int permutations) {
  const double patterns =
      std::pow(std::tgamma(static_cast<double>(sides) + 1), static_cast<double>(frames));
  const bool is_exact = all_patterns_fit(frames, sides, permutations);
  return std::max(std::min(1.0, 2 / patterns), is_exact ? 0 : 1.0 / (permutations + 1.0));
}

}  // namespace

Interval frame_interval(size_t frames, const FrameStatistic& statistic, int resamples) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (frames < 2) return {nan, nan};
  Random random(0);
  return expanded_percentile_interval(resampled_values(frames, statistic, resamples, random),
                                      frames);
}

std::vector<size_t> own_places(size_t frames, size_t sides) {
  std::vector<size_t> place(frames * sides);
  for (size_t i = 0; i < place.size(); ++i) place[i] = i % sides;
  return place;
}

PairedDifference frame_contrast(
    size_t frames, size_t sides, const FrameContrast& contrast, int resamples, int permutations) {
  const std::vector<size_t> own = own_places(frames, sides);
  PairedDifference result;
  result.n = static_cast<int>(frames);
  result.difference = contrast(std::vector<int>(frames, 1), own);
  Random random(0);
  const auto as_they_are = [&](const std::vector<int>& drawn) { return contrast(drawn, own); };
  result.interval = expanded_percentile_interval(
      frames < 2 ? std::vector<double>() : resampled_values(frames, as_they_are, resamples, random),
      frames);
  const double observed = std::abs(result.difference) - kRounding;
  result.p = permutation_p_value(frames, sides, contrast, observed, permutations, random);
  result.least_p = least_p_value(frames, sides, permutations);
  return result;
}

}  // namespace monodr
