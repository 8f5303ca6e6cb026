// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>

namespace monodr {

/// Where a hypothesis takes part: a pruned or diverged one has the loss +inf or NaN.
inline at::Tensor present(const at::Tensor& losses) {
  return at::isfinite(losses);
}

/// Losses with +inf where a hypothesis is absent.
inline at::Tensor absent_as_infinite(const at::Tensor& losses) {
  return at::where(present(losses),
                   losses,
                   at::full({}, std::numeric_limits<double>::infinity(), losses.options()));
}

/// [B] mean of the losses that `taken` [B,K] selects; +inf, without gradient, where it selects
/// none.
inline at::Tensor mean_over(const at::Tensor& losses, const at::Tensor& taken) {
  const at::Tensor count = taken.sum(1);
  const at::Tensor kept = at::where(taken, losses, at::zeros({}, losses.options()));
  return at::where(count > 0,
                   kept.sum(1) / count.clamp_min(1),
                   at::full({}, std::numeric_limits<double>::infinity(), losses.options()));
}

/// [B] int64: the hypothesis with the least loss, the first among equals.
inline at::Tensor best(const at::Tensor& losses) {
  return std::get<1>(absent_as_infinite(losses.detach()).min(1));
}

}  // namespace monodr
