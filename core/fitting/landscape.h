// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fitting/objective.h"

namespace monodr {

/// The loss of one object over its heading: where a descent would end from which start.
struct HeadingLandscape {
  std::vector<double> heading;  ///< allocentric, radians, evenly spaced over [-pi, pi)
  std::vector<double> loss;     ///< total of the objective
};

struct LandscapeSettings {
  int headings = 72;
  /// Steps that all but the heading is given to follow it (0: a cut through the loss). A car that
  /// is turned is also longer, nearer or elsewhere, and a descent would find that out: what stays a
  /// valley after some steps is one that a fit can be caught in.
  int steps = 30;
  LearningRates rates;
  GradientKind gradient = GradientKind::autograd;
};

/// The landscapes of B objects around their states [B,columns], which are what is held (or starts)
/// at every heading. Evaluated at the end of the renderer's schedule.
std::vector<HeadingLandscape> loss_over_heading(const Objective& objective,
                                                const ObservationBatch& batch,
                                                const at::Tensor& state,
                                                const at::Tensor& initial_texture,
                                                const LandscapeSettings& settings);

/// Where the values on the circle have a valley: lower than both neighbours (of a plateau its
/// first), and on both ways to anything lower a rise of at least `prominence` times the whole
/// range.
std::vector<size_t> local_minima(const std::vector<double>& circle, double prominence = 0);

}  // namespace monodr
