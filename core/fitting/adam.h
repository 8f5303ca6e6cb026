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

  /// state -= scale * rates * m / (sqrt(v) + epsilon), bias-corrected; where `active`, [N,1] or
  /// [N,columns], is false nothing moves and no moment is updated.
  void step(at::Tensor& state, const at::Tensor& gradient, const at::Tensor& active, double scale);

  /// Keeps the given rows; a row may be asked for more than once.
  void keep(const at::Tensor& rows);

  /// Rows where `jumped` [N] is true start anew, without momentum.
  void forget(const at::Tensor& jumped);

 private:
  at::Tensor rates_, mean_, square_, steps_;
};

}  // namespace monodr
