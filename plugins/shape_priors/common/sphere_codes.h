// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <Eigen/Core>

#include "plugin/shape_prior.h"

namespace monodr::shape_priors {

/// Codes of a shape space that lives on the unit sphere, for an interface whose codes are white:
///
///     direction(c) = (mean + c A) / |mean + c A|            in R^D
///
/// `mean` is the mean of the corpus's directions and A scales to their deviations, so that zeros
/// are the mean direction and codes have mean 0 and covariance 1 over the corpus. Of the D
/// dimensions one, which leads off the sphere, hardly moves the shape: a sphere has D - 1.
///
/// Directions keep to the half of the sphere where the first coordinate is positive (on_half), so
/// that the mean is never 0 and opposite points need not be neighbours.
struct SphereCodes {
  at::Tensor mean;        ///< [D]
  at::Tensor from_white;  ///< [D,D] A

  at::Tensor direction(const at::Tensor& code) const;

  void store(TensorTable& table) const;
  void restore(const TensorTable& table, std::int64_t dims);
};

/// Any vectors [N,D] -> unit vectors of the half sphere, differentiably.
at::Tensor on_half_sphere(const at::Tensor& vectors);

/// The codes of directions [S,D] that are found to be those of a corpus; `fields` [S,G] order the
/// dimensions by how much of them they move. `codes` [S,D] are those of the directions.
SphereCodes whiten_directions(const Eigen::MatrixXd& directions,
                              const Eigen::MatrixXd& fields,
                              Eigen::MatrixXd& codes);

}  // namespace monodr::shape_priors
