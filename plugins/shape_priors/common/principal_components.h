// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace monodr::shape_priors {

/// Rows of `samples` ~ mean + coefficients * basis.
struct PrincipalComponents {
  Eigen::RowVectorXd mean;       ///< [F]
  Eigen::MatrixXd basis;         ///< [R,F]
  Eigen::MatrixXd coefficients;  ///< [S,R] of the samples, largest variance first
};

/// The `count` (or fewer: as many as carry variance) principal components of `samples` [S,F] by the
/// eigenvectors of their S x S Gram matrix. `weights` [F] > 0: the variance that is kept is that of
/// samples * weights, column by column; mean and basis are those of the samples themselves, while
/// the coefficients measure weighted length: |coefficients|^2 = |(samples - mean) * weights|^2
/// as far as the components carry it. In double and on one thread, so that the bits are the same
/// everywhere.
PrincipalComponents principal_components(const Eigen::MatrixXd& samples,
                                         const Eigen::RowVectorXd& weights,
                                         int count);

}  // namespace monodr::shape_priors
