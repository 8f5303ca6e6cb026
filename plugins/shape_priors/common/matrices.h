// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <algorithm>

#include "corpus_volumes.h"

namespace monodr::shape_priors {

inline at::Tensor to_tensor(const RowMatrix& rows) {
  at::Tensor tensor = at::empty({rows.rows(), rows.cols()}, at::kFloat);
  std::copy_n(rows.data(), rows.size(), tensor.data_ptr<float>());
  return tensor;
}

inline Eigen::MatrixXd to_matrix(const at::Tensor& tensor) {
  const at::Tensor rows = tensor.detach().contiguous();
  return Eigen::Map<const RowMatrix>(rows.data_ptr<float>(), rows.size(0), rows.size(1))
      .cast<double>();
}

}  // namespace monodr::shape_priors
