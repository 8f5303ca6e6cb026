// SPDX-License-Identifier: Apache-2.0
#include "adam.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "base/error.h"
#include "plugin/prior_file.h"

namespace monodr::shape_priors {

Adam::Adam(std::vector<at::Tensor> parameters, double learning_rate, int steps)
    : parameters_(std::move(parameters)), learning_rate_(learning_rate), steps_(steps) {
  for (at::Tensor& parameter : parameters_) {
    parameter.requires_grad_(true);
    first_moments_.push_back(at::zeros_like(parameter));
    second_moments_.push_back(at::zeros_like(parameter));
  }
}

bool Adam::report(const std::string& prefix,
                  const TrainingOptions& options,
                  double share,
                  double loss) const {
  if (options.checkpoint)
    options.checkpoint([&] {
      TensorTable table;
      store(prefix, table);
      return table;
    });
  return !options.progress || options.progress(share, loss);
}

void Adam::descend(const at::Tensor& loss) {
  constexpr double kPi = 3.14159265358979323846;
  constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEpsilon = 1e-8;
  loss.backward();
  const at::NoGradGuard no_gradient;
  const double share = static_cast<double>(step_++) / steps_;
  const double rate = learning_rate_ * (0.01 + 0.99 * 0.5 * (1 + std::cos(kPi * share)));
  const double unbias1 = 1 - std::pow(kBeta1, step_), unbias2 = 1 - std::pow(kBeta2, step_);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& gradient = parameters_[i].mutable_grad();
    if (!gradient.defined()) continue;
    first_moments_[i].mul_(kBeta1).add_(gradient, 1 - kBeta1);
    second_moments_[i].mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
    const at::Tensor denominator = (second_moments_[i] / unbias2).sqrt_().add_(kEpsilon);
    parameters_[i].addcdiv_(first_moments_[i], denominator, -rate / unbias1);
    gradient.reset();
  }
}

void Adam::store(const std::string& prefix, TensorTable& table) const {
  table[prefix + ".step"] = at::full({1}, step_, at::kLong);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::string name = fmt::format("{}.{}", prefix, i);
    table[name] = parameters_[i].detach().clone();
    table[name + ".first"] = first_moments_[i].clone();
    table[name + ".second"] = second_moments_[i].clone();
  }
}

bool Adam::restore(const std::string& prefix, const TensorTable& table) {
  if (table.count(prefix + ".step") == 0) return false;
  const at::NoGradGuard no_gradient;
  step_ = static_cast<int>(take_array(table, prefix + ".step", {1}).item<std::int64_t>());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::string name = fmt::format("{}.{}", prefix, i);
    const at::IntArrayRef shape = parameters_[i].sizes();
    parameters_[i].copy_(take_array(table, name, shape));
    first_moments_[i].copy_(take_array(table, name + ".first", shape));
    second_moments_[i].copy_(take_array(table, name + ".second", shape));
  }
  return true;
}

NormalSource::NormalSource(std::uint64_t seed, int stage, int step) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed),
                         static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(stage),
                         static_cast<std::uint32_t>(step)};
  generator_.seed(sequence);
}

at::Tensor NormalSource::draw(std::int64_t rows, std::int64_t columns, double deviation) {
  at::Tensor values = at::empty({rows, columns}, at::kFloat);
  float* out = values.data_ptr<float>();
  std::normal_distribution<double> normal(0, deviation);
  for (std::int64_t i = 0; i < rows * columns; ++i) out[i] = static_cast<float>(normal(generator_));
  return values;
}

}  // namespace monodr::shape_priors
