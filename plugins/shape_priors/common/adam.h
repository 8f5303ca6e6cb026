// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "plugin/shape_prior.h"

namespace monodr::shape_priors {

/// Adam (Kingma & Ba, ICLR 2015) over leaf tensors, rate decaying by a cosine to 1 % of its start.
class Adam {
 public:
  Adam(std::vector<at::Tensor> parameters, double learning_rate, int steps);

  int step() const { return step_; }
  /// Parameters, moments and step as arrays named `prefix`..., and back; `restore` returns false
  /// where there are none.
  void store(const std::string& prefix, TensorTable& table) const;
  bool restore(const std::string& prefix, const TensorTable& table);

  /// Tells the options how far the training is: a checkpoint (`store` under `prefix`), the share
  /// done and the loss. False where they ask to stop.
  bool report(const std::string& prefix,
              const TrainingOptions& options,
              double share,
              double loss) const;

  /// One step along the gradients of `loss`, which are then dropped.
  void descend(const at::Tensor& loss);

 private:
  std::vector<at::Tensor> parameters_, first_moments_, second_moments_;
  double learning_rate_;
  int steps_;
  int step_ = 0;
};

/// Normal deviates from a seed alone, whatever else in the process draws random numbers.
class NormalSource {
 public:
  explicit NormalSource(std::uint64_t seed) : generator_(seed) {}
  /// Those of one step of one stage of a training: a training that goes on draws the same.
  NormalSource(std::uint64_t seed, int stage, int step);
  /// float32 tensor [rows,columns] of deviation `deviation`.
  at::Tensor draw(std::int64_t rows, std::int64_t columns, double deviation);

 private:
  std::mt19937_64 generator_;
};

}  // namespace monodr::shape_priors
