// SPDX-License-Identifier: Apache-2.0
#include "sphere_codes.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "code_space.h"
#include "matrices.h"
#include "plugin/prior_file.h"
#include "plugin/row_products.h"

namespace monodr::shape_priors {
namespace {

at::Tensor normalised(const at::Tensor& vectors) {
  return vectors / vectors.square().sum(1, true).sqrt().clamp_min(1e-6);
}

}  // namespace

at::Tensor SphereCodes::direction(const at::Tensor& code) const {
  return normalised(row_products(code, from_white.to(code.dtype()), mean.to(code.dtype())));
}

void SphereCodes::store(TensorTable& table) const {
  table["sphere_mean"] = mean;
  table["sphere_from_white"] = from_white;
}

void SphereCodes::restore(const TensorTable& table, std::int64_t dims) {
  mean = take_array(table, "sphere_mean", {dims});
  from_white = take_array(table, "sphere_from_white", {dims, dims});
}

at::Tensor on_half_sphere(const at::Tensor& vectors) {
  const at::Tensor first = at::softplus(vectors.narrow(1, 0, 1));
  return normalised(at::cat({first, vectors.narrow(1, 1, vectors.size(1) - 1)}, 1));
}

SphereCodes whiten_directions(const Eigen::MatrixXd& directions,
                              const Eigen::MatrixXd& fields,
                              Eigen::MatrixXd& codes) {
  const Eigen::RowVectorXd mean = directions.colwise().mean();
  const Eigen::MatrixXd centred = directions.rowwise() - mean;
  const auto change = whitening(centred, fields.rowwise() - fields.colwise().mean());
  codes = centred * change.to_white;
  return {to_tensor(mean.cast<float>()).squeeze(0), to_tensor(change.from_white.cast<float>())};
}

}  // namespace monodr::shape_priors
