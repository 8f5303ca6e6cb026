// SPDX-License-Identifier: Apache-2.0
#include "fitting/adam.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

namespace monodr {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEpsilon = 1e-12;

/// Not at::pow, see azimuth() in fitting/object_state.h.
at::Tensor power(double base, const at::Tensor& exponent) {
  return (exponent * std::log(base)).exp();
}

}  // namespace

Adam::Adam(const at::Tensor& state, const at::Tensor& rates)
    : rates_(rates),
      mean_(at::zeros_like(state)),
      square_(at::zeros_like(state)),
      steps_(at::zeros_like(state)) {}

void Adam::step(at::Tensor& state,
                const at::Tensor& gradient,
                const at::Tensor& active,
                double scale) {
  const at::Tensor on = active.to(state.scalar_type());
  const at::Tensor g = at::where(active, gradient, at::zeros_like(gradient));
  steps_ += on;
  mean_ += on * (1 - kBeta1) * (g - mean_);
  square_ += on * (1 - kBeta2) * (g * g - square_);
  const at::Tensor count = steps_.clamp_min(1);
  const at::Tensor corrected_mean = mean_ / (1 - power(kBeta1, count));
  const at::Tensor corrected_square = square_ / (1 - power(kBeta2, count));
  state -= on * scale * rates_ * corrected_mean / (corrected_square.sqrt() + kEpsilon);
}

void Adam::keep(const at::Tensor& rows) {
  mean_ = mean_.index_select(0, rows);
  square_ = square_.index_select(0, rows);
  steps_ = steps_.index_select(0, rows);
}

void Adam::forget(const at::Tensor& jumped) {
  for (at::Tensor* tensor : {&mean_, &square_, &steps_})
    *tensor = tensor->masked_fill(jumped.unsqueeze(1), 0);
}

}  // namespace monodr
