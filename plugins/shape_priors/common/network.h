// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <optional>
#include <string>

#include "base/random.h"
#include "plugin/shape_prior.h"

namespace monodr::shape_priors {

/// A network whose constructor registers each weight once, with its name, shape and beginning; files, training and its
/// checkpoints read that list. Weights are float32 and take gradients in train_network alone, so that decoding pays
/// for none.
class Network : public torch::nn::Module {
 public:
  /// Every weight as an array named `prefix` + its name, and back. Throws UserError as take_array() does.
  void store(TensorTable& table, const std::string& prefix = "") const;
  void restore(const TensorTable& table, const std::string& prefix = "");

 protected:
  /// Begins as normal deviates of mean 0.
  at::Tensor weight(const std::string& name,
                    at::IntArrayRef shape,
                    double deviation,
                    Random& random);
  at::Tensor weight(const std::string& name, const at::Tensor& beginning);
  at::Tensor zeros(const std::string& name, at::IntArrayRef shape);
};

/// float32 normal deviates of mean 0.
at::Tensor normal_numbers(at::IntArrayRef shape, double deviation, Random& random);

/// `steps` steps of Adam (Kingma & Ba, ICLR 2015; beta 0.9 and 0.99) over all weights of the network. The rate decays by
/// a cosine:
///
///     rate(step) = learning_rate (0.01 + 0.99 (1 + cos(pi step / steps)) / 2)
///
/// `loss(step)` draws what it draws from streams of that step (Random(seed, name, step)), so that a training which goes
/// on from a checkpoint has the same bits as one that was never interrupted. Checkpoint and progress of the run are
/// called at every hundredth of the way. Returns the last loss, or nothing where progress said stop.
std::optional<double> train_network(torch::nn::Module& network,
                                    double learning_rate,
                                    int steps,
                                    const TrainingRun& run,
                                    const std::function<at::Tensor(int step)>& loss);

}  // namespace monodr::shape_priors
