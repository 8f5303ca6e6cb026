// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "geometry/heading_mode.h"
#include "plugin/batch.h"

namespace monodr {

/// Where hypotheses of B objects stand, K each, to be grouped by their headings. On the processor, in double.
struct HeadingCandidates {
  at::Tensor
      boxes;  ///< [B,K,7]: location of the bottom's centre in the camera frame, height, width, length, rotation_y
  at::Tensor
      losses;  ///< [B,K] above the object's best at that time; infinite for those that failed

  bool empty() const { return !losses.defined(); }
};

/// `losses` [B,K] belong to the hypotheses' rows; those of `failed_loss` and more have failed.
HeadingCandidates heading_candidates(const HypothesisBatch& hypotheses,
                                     const at::Tensor& losses,
                                     double failed_loss);

/// The modes of an object, the reported one first, then by loss. A candidate within 45 degrees of a better one is of
/// its mode; the first candidate of `last` at `reported` leads. `earlier` are those that an earlier pruning or settling
/// judged: they count with the distance that they had then, because nothing has been heard of them since.
///     probability_m = exp(-loss_m / temperature) / sum_n exp(-loss_n / temperature),
/// with losses above the best one. The temperature is the difference of losses that is worth a factor of e; it is
/// measured on scenes whose headings are known (docs/fitting.md). A fit of one hypothesis that never tried another
/// knows nothing of this: no modes.
std::vector<HeadingMode> heading_modes(const HeadingCandidates& last,
                                       const HeadingCandidates& earlier,
                                       int64_t object,
                                       int64_t reported,
                                       double best_loss,
                                       double temperature);

/// The modes of an object that nobody has fitted but whose heading a predictor knows something of: the peaks of its distribution
/// [bins] (fitting/heading_distribution.h), the highest first, each the box turned by as much as its heading is from
/// `alpha`, that of the box. A mode's loss is above the first one's by what its probability is worth,
/// temperature * log(p_first / p).
std::vector<HeadingMode> heading_modes_said(const at::Tensor& distribution,
                                            const Box3d& box,
                                            double alpha,
                                            double loss,
                                            double temperature);

}  // namespace monodr
