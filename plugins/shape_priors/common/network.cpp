// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <torch/optim/adam.h>

#include <cmath>
#include <sstream>

#include "plugin/prior_file.h"

namespace monodr::shape_priors {
namespace {

using torch::optim::AdamParamState;

// Adam's state of a tensor: by its address, which LibTorch 1.13 writes as text.
template <typename States>
auto& state_of(States& states, const at::Tensor& weights) {
  using Key = typename std::remove_const_t<States>::key_type;
  if constexpr (std::is_pointer_v<Key>)
    return states[weights.unsafeGetTensorImpl()];
  else
    return states[(std::ostringstream() << weights.unsafeGetTensorImpl()).str()];
}

/// The weights take gradients while it lives.
class WithGradients {
 public:
  explicit WithGradients(torch::nn::Module& network) : network_(network) { set(true); }
  WithGradients(const WithGradients&) = delete;
  ~WithGradients() {
    network_.zero_grad(/*set_to_none=*/true);
    set(false);
  }

 private:
  void set(bool on) {
    for (at::Tensor& weights : network_.parameters()) weights.set_requires_grad(on);
  }
  torch::nn::Module& network_;
};

/// The network, Adam, and how far they have come.
class Training {
 public:
  Training(torch::nn::Module& network, double learning_rate, int steps)
      : network_(network),
        adam_(network.parameters(),
              torch::optim::AdamOptions(learning_rate).betas({0.9, 0.99}).eps(1e-8)),
        learning_rate_(learning_rate),
        steps_(steps) {}

  int step() const { return step_; }
  bool is_done() const { return step_ >= steps_; }
  double share() const { return static_cast<double>(step_) / steps_; }
  double loss() const { return loss_; }
  bool is_time_to_report() const {
    return is_done() || (step_ - 1) % std::max(1, steps_ / 100) == 0;
  }

  void descend(const at::Tensor& loss) {
    const double rate = learning_rate_ * (0.01 + 0.99 * 0.5 * (1 + std::cos(M_PI * share())));
    adam_.param_groups()[0].options().set_lr(rate);
    network_.zero_grad(/*set_to_none=*/true);
    loss.backward();
    adam_.step();
    ++step_;
    if (is_time_to_report()) loss_ = loss.item<double>();
  }

  TensorTable checkpoint() {
    TensorTable table{{"training.step", at::full({1}, step_, at::kLong)},
                      {"training.loss", at::full({1}, loss_, at::kDouble)}};
    for (const auto& [name, weights] : network_.named_parameters().pairs()) {
      table[name] = weights.detach().clone();
      const auto* state = static_cast<AdamParamState*>(state_of(adam_.state(), weights).get());
      if (state == nullptr) continue;  // no gradient has come to it
      table[name + ".first"] = state->exp_avg().clone();
      table[name + ".second"] = state->exp_avg_sq().clone();
    }
    return table;
  }

  void resume(const TensorTable& table) {
    step_ = static_cast<int>(take_array(table, "training.step", {1}).item<std::int64_t>());
    loss_ = take_array(table, "training.loss", {1}).item<double>();
    const at::NoGradGuard no_gradient;
    for (auto& [name, weights] : network_.named_parameters().pairs()) {
      weights.copy_(take_array(table, name, weights.sizes()));
      if (table.count(name + ".first") == 0) continue;
      auto state = std::make_unique<AdamParamState>();
      state->step(step_);
      state->exp_avg(take_array(table, name + ".first", weights.sizes()).clone());
      state->exp_avg_sq(take_array(table, name + ".second", weights.sizes()).clone());
      state_of(adam_.state(), weights) = std::move(state);
    }
  }

 private:
  torch::nn::Module& network_;
  torch::optim::Adam adam_;
  double learning_rate_;
  int steps_, step_ = 0;
  double loss_ = std::nan("");
};

}  // namespace

void Network::store(TensorTable& table, const std::string& prefix) const {
  for (const auto& [name, weights] : named_parameters().pairs()) table[prefix + name] = weights;
}

void Network::restore(const TensorTable& table, const std::string& prefix) {
  const at::NoGradGuard no_gradient;
  for (auto& [name, weights] : named_parameters().pairs())
    weights.copy_(take_array(table, prefix + name, weights.sizes()));
}

at::Tensor Network::weight(const std::string& name,
                           at::IntArrayRef shape,
                           double deviation,
                           Random& random) {
  return weight(name, normal_numbers(shape, deviation, random));
}

at::Tensor Network::weight(const std::string& name, const at::Tensor& beginning) {
  return register_parameter(name, beginning, /*requires_grad=*/false);
}

at::Tensor Network::zeros(const std::string& name, at::IntArrayRef shape) {
  return weight(name, at::zeros(shape));
}

at::Tensor normal_numbers(at::IntArrayRef shape, double deviation, Random& random) {
  at::Tensor values = at::empty(shape, at::kFloat);
  float* out = values.data_ptr<float>();
  for (std::int64_t i = 0; i < values.numel(); ++i)
    out[i] = static_cast<float>(random.normal(0, deviation));
  return values;
}

std::optional<double> train_network(torch::nn::Module& network,
                                    double learning_rate,
                                    int steps,
                                    const TrainingRun& run,
                                    const std::function<at::Tensor(int step)>& loss) {
  const WithGradients gradients(network);
  Training training(network, learning_rate, steps);
  if (!run.resume.empty()) training.resume(run.resume);
  const at::AutoGradMode with_gradient(true);
  while (!training.is_done()) {
    training.descend(loss(training.step()));
    if (!training.is_time_to_report()) continue;
    if (run.checkpoint) run.checkpoint([&] { return training.checkpoint(); });
    if (run.progress && !run.progress(training.share(), training.loss())) return {};
  }
  return training.loss();
}

}  // namespace monodr::shape_priors
