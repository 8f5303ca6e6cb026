// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "fitting/fitted_object.h"

namespace monodr {

/// How sure a fitted box is: standard deviations in KITTI's rectified frame.
struct PoseDeviation {
  std::array<double, 3> location{};    ///< x, y, z, metres
  std::array<double, 3> dimensions{};  ///< height, width, length, metres
  double rotation_y = 0;               ///< radians
};

/// Two parts, whose variances add. The curvature of the loss L around the fitted state s (position, depth, size,
/// heading; shape and paint held): with the temperature T that turns differences of losses into odds (heading_modes.h)
///     p(s) ~ exp(-L(s) / T)   =>   covariance = (H / T + P)^-1,   H = d^2 L / ds^2,
/// H from central differences of the gradient, its negative curvatures taken for none, P a prior as wide as what a
/// class can be, so that a direction which the evidence leaves open has a finite deviation. Then the other headings
/// that compete (FittedObject::modes), each with its probability:
///     variance = sum_m p_m (x_m - x_reported)^2.
/// One state [B, columns] an object; `fitted` in the order of the batch.
std::vector<PoseDeviation> pose_deviations(const Objective& objective,
                                           const ObservationBatch& batch,
                                           const at::Tensor& state,
                                           const at::Tensor& initial_texture,
                                           const std::vector<FittedObject>& fitted,
                                           double temperature);

}  // namespace monodr
