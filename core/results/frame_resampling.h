// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "results/statistics.h"

namespace monodr {

// Frames are what is independent: the cars of one share its light, its road and its occluders. What a
// statistic of the whole set (a median, AP) could have been is asked by drawing frames anew.

/// A statistic of frames: `drawn[f]` = how often frame f is taken, 0 upwards.
using FrameStatistic = std::function<double(const std::vector<int>& drawn)>;

/// A number made of the same statistic of several sides (a difference of two arms, a slope over the
/// points of an axis). In frame f, what side s found stands in for side `place[f * sides + s]`.
using FrameContrast =
    std::function<double(const std::vector<int>& drawn, const std::vector<size_t>& place)>;

/// `place` where each side stands for itself.
std::vector<size_t> own_places(size_t frames, size_t sides);

/// 95 % expanded percentile bootstrap (results/statistics.h) over frames drawn with replacement;
/// NaN for fewer than two.
Interval frame_interval(size_t frames, const FrameStatistic& statistic, int resamples);

/// - interval: frames drawn with replacement, the same for all sides;
/// - p: permutation test, the sides exchanged in each frame by chance: of two sides the share of all
///   2^frames patterns with at least the observed |contrast| where these are not more than
///   `permutations`, else (b + 1) / (m + 1) over m random ones;
/// - n: frames.
PairedDifference frame_contrast(
    size_t frames, size_t sides, const FrameContrast& contrast, int resamples, int permutations);

}  // namespace monodr
