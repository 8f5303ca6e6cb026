// SPDX-License-Identifier: Apache-2.0
#include "principal_components.h"

#include <Eigen/Eigenvalues>
#include <algorithm>

namespace monodr::shape_priors {

PrincipalComponents principal_components(const Eigen::MatrixXd& samples,
                                         const Eigen::RowVectorXd& weights,
                                         int count) {
  PrincipalComponents result;
  result.mean = samples.colwise().mean();
  const Eigen::MatrixXd weighted =
      ((samples.rowwise() - result.mean).array().rowwise() * weights.array()).matrix();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(samples.rows(), samples.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(weighted);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);

  // Eigen sorts upwards. A component below the rounding of the largest one is noise.
  const Eigen::VectorXd values = solver.eigenvalues().reverse();
  int kept = 1;
  while (kept < std::min<int>(count, values.size()) && values[kept] > 1e-10 * values[0]) ++kept;
  const Eigen::VectorXd scale = values.head(kept).cwiseMax(1e-30).cwiseSqrt();
  const Eigen::MatrixXd vectors = solver.eigenvectors().rowwise().reverse().leftCols(kept);
  result.coefficients = vectors * scale.asDiagonal();
  result.basis = scale.cwiseInverse().asDiagonal() * (vectors.transpose() * weighted);
  result.basis.array().rowwise() /= weights.array();
  return result;
}

}  // namespace monodr::shape_priors
