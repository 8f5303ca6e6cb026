// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace monodr {

/// Distributions of the allocentric heading, [B,bins] log-probabilities as Proposals::heading (plugin/predictor.h).

/// [N] log-probability of the bin at `heading` [N], radians, linear between the centres of bins; `object` [N] maps to rows
/// of the distribution.
at::Tensor heading_log_probability(const at::Tensor& distribution,
                                   const at::Tensor& object,
                                   const at::Tensor& heading);

/// [B,bins] that headings [B] are told by: softmax over bins of cos(centre - heading) / sharpness.
at::Tensor heading_target(const at::Tensor& heading, int64_t bins, double sharpness = 0.03);

/// The distribution of the mirror image: alpha becomes pi - alpha.
at::Tensor mirrored_distribution(const at::Tensor& distribution);

/// 0, 180, 90, -90 degrees, then the eighths, the sixteenths, ... of the circle, radians: the likeliest mistakes first.
std::vector<double> likely_turns(int64_t count);

/// How much of a distribution, given as the probabilities of its bins, speaks for a heading: the sum of the bins whose
/// centres lie within 45 degrees of it. Near 0: a fit that ended there is in a valley that the distribution denies.
double heading_support(const std::vector<float>& probabilities, double heading);

/// One hill of a distribution.
struct HeadingPeak {
  double heading =
      0;  ///< radians: mean of the best bin and its two neighbours, by their probabilities
  double probability =
      0;  ///< of the bins that are nearer to this peak than to the others; of all peaks they sum to 1
};

/// The `count` best peaks of one row, the highest first, at least 45 degrees apart. Where the distribution has fewer, the best
/// one turned by 180, 90, -90, 45, ... degrees follows, as far as there is room, then those angles as they are.
std::vector<HeadingPeak> heading_peaks(const at::Tensor& distribution_row, int64_t count);

}  // namespace monodr
