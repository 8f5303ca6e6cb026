// SPDX-License-Identifier: Apache-2.0
#include "training.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "common/code_space.h"
#include "common/matrices.h"
#include "common/network.h"
#include "common/principal_components.h"
#include "decoder.h"

namespace monodr::mesh_autoencoder {
namespace {

using namespace shape_priors;

/// Samples [S,R] -> codes [S,D] of mean 0 and deviation 1, by a linear map plus a small network, and back.
struct Autoencoder : Network {
  Autoencoder(std::int64_t inputs, std::int64_t hidden, std::int64_t dims, Random& random)
      : decoder_hidden(weight("decoder_hidden", {dims, hidden}, 0.7 / std::sqrt(dims), random)),
        decoder_hidden_bias(weight("decoder_hidden_bias", {hidden}, 0.7, random)),
        decoder_mix(weight("decoder_mix", {1 + dims + hidden, inputs}, 0.01, random)),
        encoder_linear(weight("encoder_linear", at::eye(inputs, dims, at::kFloat))),
        encoder_hidden(weight("encoder_hidden", {inputs, hidden}, 0.3, random)),
        encoder_hidden_bias(weight("encoder_hidden_bias", {hidden}, 0.3, random)),
        encoder_output(weight("encoder_output", {hidden, dims}, 0.01, random)) {}

  at::Tensor decoder_hidden, decoder_hidden_bias, decoder_mix;
  at::Tensor encoder_linear, encoder_hidden, encoder_hidden_bias, encoder_output;

  at::Tensor encode(const at::Tensor& samples) const {
    const at::Tensor units = at::tanh(at::addmm(encoder_hidden_bias, samples, encoder_hidden));
    const at::Tensor raw = at::mm(samples, encoder_linear) + at::mm(units, encoder_output);
    const at::Tensor centred = raw - raw.mean(0, true);
    return centred / (centred.square().mean(0, true) + 1e-6).sqrt();
  }

  at::Tensor decode(const at::Tensor& codes) const {
    return at::mm(features(codes, decoder_hidden, decoder_hidden_bias), decoder_mix);
  }
};

// The decoder for white codes = raw codes times to_white, to samples * scale:
// tanh(raw hidden + b) = tanh(white (from_white hidden) + b), and the same for the linear part.
std::shared_ptr<Decoder> decoder_of_white(const Autoencoder& network,
                                          const Eigen::MatrixXd& from_white,
                                          const PrincipalComponents& components,
                                          double scale) {
  const Eigen::Index dims = from_white.rows();
  auto decoder = std::make_shared<Decoder>(
      dims, network.decoder_hidden.size(1), components.basis.rows(), components.basis.cols());
  const auto put = [](at::Tensor& weights, const Eigen::MatrixXd& values) {
    weights.copy_(to_tensor(values.cast<float>()).view_as(weights));
  };
  Eigen::MatrixXd mix = to_matrix(network.decoder_mix) * scale;
  mix.middleRows(1, dims) = from_white * mix.middleRows(1, dims);
  put(decoder->shape_hidden, from_white * to_matrix(network.decoder_hidden));
  decoder->shape_hidden_bias.copy_(network.decoder_hidden_bias);
  put(decoder->shape_mix, mix);
  put(decoder->shape_mean, components.mean);
  put(decoder->shape_basis, components.basis);
  return decoder;
}

}  // namespace

TrainedDecoder train_decoder(const TrainingSet& set, const NetworkParameters& parameters) {
  const PrincipalComponents components =
      principal_components(set.shapes, set.weights, parameters.components);
  // Scaled so that the rows' mean squared length is 1.
  const Eigen::MatrixXd& c = components.coefficients;
  const double scale = std::max(1e-9, std::sqrt(c.squaredNorm() / static_cast<double>(c.rows())));
  const at::Tensor samples = to_tensor((c / scale).cast<float>());

  const TrainingRun& training = parameters.training;
  Random random(training.seed, "weights", 0);
  Autoencoder network(components.basis.rows(), parameters.hidden, parameters.latent_dims, random);
  const auto loss_of = [&](int step) {
    Random noise(training.seed, "code noise", static_cast<std::uint64_t>(step));
    const at::Tensor codes = network.encode(samples);
    const at::Tensor noisy = codes + normal_numbers(codes.sizes(), parameters.code_noise, noise);
    return (network.decode(noisy) - samples).square().sum(1).mean();
  };
  const std::optional<double> loss =
      train_network(network, parameters.learning_rate, parameters.steps, training, loss_of);
  if (!loss) return {};

  const Eigen::MatrixXd raw = to_matrix(network.encode(samples));
  const auto [to_white, from_white] = whitening(raw, to_matrix(samples));
  return {decoder_of_white(network, from_white, components, scale), raw * to_white, *loss};
}

}  // namespace monodr::mesh_autoencoder
