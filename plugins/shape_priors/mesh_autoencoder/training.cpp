// SPDX-License-Identifier: Apache-2.0
#include "training.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "common/adam.h"
#include "common/code_space.h"
#include "common/matrices.h"
#include "common/principal_components.h"

namespace monodr::mesh_autoencoder {
namespace {

using namespace shape_priors;

// samples [S,R] -> codes [S,D] of mean 0 and deviation 1: a linear map plus a small network.
class Encoder {
 public:
  Encoder(int inputs, int hidden, int dims, NormalSource& normal)
      : linear_(at::eye(inputs, dims, at::kFloat)),
        hidden_(normal.draw(inputs, hidden, 0.3)),
        hidden_bias_(normal.draw(1, hidden, 0.3).squeeze(0)),
        output_(normal.draw(hidden, dims, 0.01)) {}

  std::vector<at::Tensor> parameters() const { return {linear_, hidden_, hidden_bias_, output_}; }

  at::Tensor operator()(const at::Tensor& samples) const {
    const at::Tensor raw = at::mm(samples, linear_) +
                           at::mm(at::tanh(at::addmm(hidden_bias_, samples, hidden_)), output_);
    const at::Tensor centred = raw - raw.mean(0, true);
    return centred / (centred.square().mean(0, true) + 1e-6).sqrt();
  }

 private:
  at::Tensor linear_, hidden_, hidden_bias_, output_;
};

// What goes in, what comes out, how to get from codes to samples.
struct Stage {
  at::Tensor samples;  // [S,R], scaled so that the rows' mean squared length is 1
  double scale = 1;    // samples * scale are the principal coefficients
  at::Tensor hidden, hidden_bias, mix;
};

Stage make_stage(const PrincipalComponents& components,
                 int latent_dims,
                 int hidden,
                 int outputs,
                 NormalSource& normal) {
  Stage stage;
  const Eigen::MatrixXd& c = components.coefficients;
  stage.scale = std::max(1e-9, std::sqrt(c.squaredNorm() / static_cast<double>(c.rows())));
  stage.samples = to_tensor((c / stage.scale).cast<float>());
  stage.hidden = normal.draw(latent_dims, hidden, 0.7 / std::sqrt(latent_dims));
  stage.hidden_bias = normal.draw(1, hidden, 0.7).squeeze(0);
  stage.mix = normal.draw(1 + latent_dims + hidden, outputs, 0.01);
  return stage;
}

}  // namespace

TrainedDecoder train_decoder(const TrainingSet& set, const NetworkOptions& options) {
  const PrincipalComponents components =
      principal_components(set.shapes, set.weights, options.components);
  const int dims = options.latent_dims, kept = static_cast<int>(components.basis.rows());
  NormalSource normal(options.training.seed);
  Stage stage = make_stage(components, dims, options.hidden, kept, normal);
  const Encoder encoder(kept, options.hidden, dims, normal);
  std::vector<at::Tensor> parameters = encoder.parameters();
  parameters.insert(parameters.end(), {stage.hidden, stage.hidden_bias, stage.mix});
  TrainedDecoder result;
  Adam adam(parameters, options.learning_rate, options.steps);
  adam.restore("network", options.training.resume);
  while (adam.step() < options.steps) {
    const at::AutoGradMode with_gradient(true);
    const int step = adam.step();
    NormalSource noise(options.training.seed, 0, step);
    at::Tensor codes = encoder(stage.samples);
    codes = codes + noise.draw(codes.size(0), dims, options.code_noise);
    const at::Tensor decoded = at::mm(features(codes, stage.hidden, stage.hidden_bias), stage.mix);
    const at::Tensor loss = (decoded - stage.samples).square().sum(1).mean();
    adam.descend(loss);
    if (step % 50 != 0 && step + 1 != options.steps) continue;
    result.loss = loss.item<double>();
    result.stopped =
        !adam.report("network", options.training, (step + 1.0) / options.steps, result.loss);
    if (result.stopped) return result;
  }

  const at::NoGradGuard no_gradient;
  const Eigen::MatrixXd raw = to_matrix(encoder(stage.samples));
  const auto [to_white, from_white] = whitening(raw, to_matrix(stage.samples));
  result.codes = raw * to_white;
  // tanh(raw hidden + b) = tanh(white (from_white hidden) + b), and the same for the linear part.
  Eigen::MatrixXd mix = to_matrix(stage.mix) * stage.scale;
  mix.middleRows(1, dims) = from_white * mix.middleRows(1, dims);
  result.weights.shape_hidden = to_tensor((from_white * to_matrix(stage.hidden)).cast<float>());
  result.weights.shape_hidden_bias = stage.hidden_bias.detach();
  result.weights.shape_mix = to_tensor(mix.cast<float>());
  result.weights.shape_mean = to_tensor(components.mean.cast<float>()).squeeze(0);
  result.weights.shape_basis = to_tensor(components.basis.cast<float>());
  return result;
}

}  // namespace monodr::mesh_autoencoder
