// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// Adam (Kingma & Ba, 2015) over the rows of one state matrix [N, columns], with a learning rate a
/// column and moments that can be pruned along with the rows.
class Adam {
 public:
  /// rates [columns].
  Adam(const at::Tensor& state, const at::Tensor& rates);

  /// state -= scale * rates * m / (sqrt(v) + epsilon), bias-corrected; rows where `active` [N] is
  /// false neither move nor update their moments.
  void step(at::Tensor& state, const at::Tensor& gradient, const at::Tensor& active, double scale);

  /// Keeps the given rows.
  void keep(const at::Tensor& rows);

 private:
  at::Tensor rates_, mean_, square_, steps_;
};

}  // namespace monodr
