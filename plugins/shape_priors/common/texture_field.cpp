// SPDX-License-Identifier: Apache-2.0
#include "texture_field.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>

#include "code_space.h"
#include "matrices.h"
#include "plugin/row_products.h"

namespace monodr::shape_priors {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

// [1, t] x [1, s], row by row.
MatrixXd products(const MatrixXd& texture, const MatrixXd& shape) {
  const Index shapes = 1 + shape.cols();
  MatrixXd result(shape.rows(), (1 + texture.cols()) * shapes);
  for (Index i = 0; i <= texture.cols(); ++i) {
    const Eigen::VectorXd t = i == 0 ? Eigen::VectorXd(Eigen::VectorXd::Ones(shape.rows()))
                                     : Eigen::VectorXd(texture.col(i - 1));
    result.col(i * shapes) = t;
    for (Index j = 1; j < shapes; ++j)
      result.col(i * shapes + j) = t.cwiseProduct(shape.col(j - 1));
  }
  return result;
}

// [K,S]: the matrix that takes colours [S,3G] to their basis [K,3G].
MatrixXd solver_of(const MatrixXd& features) {
  constexpr double kRidge = 0.02;  // of a feature of variance 1
  MatrixXd gram = features.transpose() * features;
  gram.diagonal().tail(gram.rows() - 1).array() += kRidge * static_cast<double>(features.rows());
  gram(0, 0) += 1e-9;
  return gram.llt().solve(features.transpose());
}

// The samples at which at least half of the meshes have their surface.
std::vector<Index> usual_surface(const Eigen::RowVectorXd& share) {
  std::vector<Index> samples;
  const double least = std::min(0.5, 0.5 * share.maxCoeff());
  for (Index i = 0; i < share.size(); ++i)
    if (share[i] >= least) samples.push_back(i);
  return samples;
}

MatrixXd paints_of(const RowMatrix& colours, const Eigen::RowVectorXd& surface_share) {
  const std::vector<Index> samples = usual_surface(surface_share);
  const auto count = static_cast<Index>(samples.size()), all = surface_share.size();
  MatrixXd usual(colours.rows(), 3 * count);
  for (int channel = 0; channel < 3; ++channel)
    for (Index i = 0; i < count; ++i)
      usual.col(channel * count + i) = colours.col(channel * all + samples[i]).cast<double>();
  return paints(usual);
}

// Unit-variance codes of the `count` largest components of `residual` [S,3G].
MatrixXd leading_codes(const RowMatrix& residual, int count) {
  const MatrixXd gram = (residual * residual.transpose()).cast<double>();
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver(gram);
  MatrixXd codes = solver.eigenvectors().rowwise().reverse().leftCols(count);
  for (Index k = 0; k < codes.cols(); ++k) {
    codes.col(k).array() -= codes.col(k).mean();
    codes.col(k) *= std::sqrt(static_cast<double>(codes.rows())) / (codes.col(k).norm() + 1e-12);
    Index largest = 0;
    codes.col(k).cwiseAbs().maxCoeff(&largest);
    if (codes(largest, k) < 0) codes.col(k) = -codes.col(k).eval();
  }
  return codes;
}

}  // namespace

at::Tensor TextureField::colours(const at::Tensor& shape_code,
                                 const at::Tensor& texture_code) const {
  const std::int64_t count = shape_code.size(0);
  const at::Tensor one = at::ones({count, 1}, shape_code.options());
  const at::Tensor t = at::cat({one, texture_code}, 1), s = at::cat({one, shape_code}, 1);
  const at::Tensor features = (t.unsqueeze(2) * s.unsqueeze(1)).view({count, -1});
  return row_products(features, basis.to(shape_code.dtype())).view({count, 3, -1});
}

at::Tensor TextureField::texture_from_paint(const at::Tensor& paint) const {
  const at::Tensor map = paint_to_texture.to(paint.dtype());
  return row_products(paint, map.narrow(0, 0, 3), map[3]);
}

TextureField fit_texture_field(const RowMatrix& colours,
                               const Eigen::RowVectorXd& surface_share,
                               const MatrixXd& shape_codes,
                               int texture_dims) {
  const MatrixXd paint = paints_of(colours, surface_share);
  const MatrixXd from_paint = paint_to_texture(paint, texture_dims);
  const int painted = std::min(3, texture_dims), learned = texture_dims - painted;
  MatrixXd texture = (paint * from_paint.topRows(3)).rowwise() + from_paint.row(3);

  const Eigen::RowVectorXf near = surface_share.cwiseSqrt().cast<float>().replicate(1, 3);
  const auto residual_of = [&](const RowMatrix& basis) {
    const RowMatrix left = colours - products(texture, shape_codes).cast<float>().eval() * basis;
    return RowMatrix(left.array().rowwise() * near.array());
  };
  const auto fit = [&] {
    return RowMatrix(solver_of(products(texture, shape_codes)).cast<float>() * colours);
  };
  if (learned > 0) texture.rightCols(learned) = leading_codes(residual_of(fit()), learned);
  return {to_tensor(fit()), to_tensor(from_paint.cast<float>())};
}

}  // namespace monodr::shape_priors
