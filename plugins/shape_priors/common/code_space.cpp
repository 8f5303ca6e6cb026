// SPDX-License-Identifier: Apache-2.0
#include "code_space.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <vector>

namespace monodr::shape_priors {

CodeChange whitening(const Eigen::MatrixXd& codes, const Eigen::MatrixXd& samples) {
  const Eigen::Index dims = codes.cols();
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(dims, dims);
  const Eigen::MatrixXd covariance =
      codes.transpose() * codes / static_cast<double>(codes.rows()) + 1e-9 * identity;
  // Covariance L L^T: codes L^-T are white, whatever the rotation that follows.
  const Eigen::MatrixXd lower = covariance.llt().matrixL();
  const Eigen::MatrixXd white =
      lower.triangularView<Eigen::Lower>().solve(codes.transpose()).transpose();
  const Eigen::MatrixXd response = white.transpose() * samples;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(response * response.transpose());
  Eigen::MatrixXd rotation = solver.eigenvectors().rowwise().reverse();
  for (Eigen::Index k = 0; k < dims; ++k) {
    const Eigen::RowVectorXd moved = rotation.col(k).transpose() * response;
    Eigen::Index largest = 0;
    moved.cwiseAbs().maxCoeff(&largest);
    if (moved[largest] < 0) rotation.col(k) = -rotation.col(k).eval();
  }
  return {lower.transpose().triangularView<Eigen::Upper>().solve(rotation),
          rotation.transpose() * lower.transpose()};
}

CodeChange whitening_beside(const Eigen::MatrixXd& codes,
                            int given,
                            const Eigen::MatrixXd& samples) {
  const Eigen::Index dims = codes.cols(), rest = dims - given;
  CodeChange change{Eigen::MatrixXd::Identity(dims, dims), Eigen::MatrixXd::Identity(dims, dims)};
  if (rest == 0) return change;
  const Eigen::MatrixXd first = codes.leftCols(given);
  const Eigen::MatrixXd second_moment =
      first.transpose() * first +
      1e-9 * static_cast<double>(codes.rows()) * Eigen::MatrixXd::Identity(given, given);
  const Eigen::MatrixXd predicted =
      second_moment.llt().solve(first.transpose() * codes.rightCols(rest));
  const CodeChange residual = whitening(codes.rightCols(rest) - first * predicted, samples);
  // white = (raw - first * predicted) * to_white, and back.
  change.to_white.topRightCorner(given, rest) = -predicted * residual.to_white;
  change.to_white.bottomRightCorner(rest, rest) = residual.to_white;
  change.from_white.topRightCorner(given, rest) = predicted;
  change.from_white.bottomRightCorner(rest, rest) = residual.from_white;
  return change;
}

Eigen::MatrixXd paints(const Eigen::MatrixXd& colours) {
  const Eigen::Index half = colours.cols() / 3;
  const Eigen::RowVectorXd variance =
      (colours.rowwise() - colours.colwise().mean()).colwise().squaredNorm();
  const Eigen::RowVectorXd total =
      variance.head(half) + variance.segment(half, half) + variance.tail(half);
  std::vector<Eigen::Index> body;
  for (Eigen::Index i = 0; i < half; ++i)
    if (total[i] >= 0.7 * total.maxCoeff()) body.push_back(i);
  Eigen::MatrixXd result(colours.rows(), 3);
  std::vector<double> values(body.size());
  for (Eigen::Index row = 0; row < colours.rows(); ++row) {
    for (int channel = 0; channel < 3; ++channel) {
      for (size_t i = 0; i < body.size(); ++i) values[i] = colours(row, channel * half + body[i]);
      const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
      std::nth_element(values.begin(), middle, values.end());
      result(row, channel) = *middle;
    }
  }
  return result;
}

Eigen::MatrixXd paint_to_texture(const Eigen::MatrixXd& paint, int textures) {
  const Eigen::RowVector3d mean = paint.colwise().mean();
  const Eigen::MatrixXd centred = paint.rowwise() - mean;
  const Eigen::Matrix3d covariance =
      centred.transpose() * centred / static_cast<double>(paint.rows());
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(covariance);
  Eigen::MatrixXd map = Eigen::MatrixXd::Zero(4, textures);
  constexpr double kLeastDeviation = 0.02;  // for a corpus that is all of one colour
  for (int k = 0; k < std::min(3, textures); ++k) {
    Eigen::Vector3d axis = solver.eigenvectors().col(2 - k);
    Eigen::Index largest = 0;
    axis.cwiseAbs().maxCoeff(&largest);
    if (axis[largest] < 0) axis = -axis;
    const double deviation = std::sqrt(std::max(0.0, solver.eigenvalues()[2 - k]));
    map.block(0, k, 3, 1) = axis / std::max(deviation, kLeastDeviation);
    map(3, k) = -mean.dot(map.block<3, 1>(0, k));
  }
  return map;
}

}  // namespace monodr::shape_priors
