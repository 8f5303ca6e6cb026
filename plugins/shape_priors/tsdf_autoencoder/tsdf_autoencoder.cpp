// SPDX-License-Identifier: Apache-2.0
//
// The shape space of RoI-10D: a 3-D convolutional auto-encoder over truncated signed distance
// volumes, whose codes lie on the unit sphere.
//
//     field(c) = mean + truncation * decoder(direction(c))        direction: common/sphere_codes.h
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <numeric>

#include "common/matrices.h"
#include "common/sphere_codes.h"
#include "common/volume_prior.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "volume_network.h"

namespace monodr::tsdf_autoencoder {
namespace {

using namespace shape_priors;

// The meshes of one step: the epochs' orders are drawn from the seed and the epoch alone.
at::Tensor rows_of_step(std::uint64_t seed, int step, std::int64_t meshes, std::int64_t batch) {
  const std::int64_t batches = meshes / batch, epoch = step / batches;
  std::vector<std::int64_t> order(meshes);
  std::iota(order.begin(), order.end(), 0);
  std::seed_seq sequence{static_cast<std::uint32_t>(seed),
                         static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(epoch)};
  std::mt19937_64 generator(sequence);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[generator() % i]);
  at::Tensor rows = at::empty({batch}, at::kLong);
  std::copy_n(order.begin() + step % batches * batch, batch, rows.data_ptr<std::int64_t>());
  return rows;
}

struct Network {
  Encoder encoder;
  Decoder decoder;

  std::vector<at::Tensor*> weights() {
    std::vector<at::Tensor*> all = encoder.weights();
    for (at::Tensor* weights : decoder.weights()) all.push_back(weights);
    return all;
  }
};

// Mean square of what the network leaves of volumes [N,1,X,Y,Z], with noise [N,D] on the codes.
at::Tensor residual(const Network& network, const at::Tensor& volumes, const at::Tensor& noise) {
  const at::Tensor code = on_half_sphere(network.encoder(volumes)) + noise;
  const at::Tensor direction = code / code.square().sum(1, true).sqrt();
  return (network.decoder(direction) - volumes.flatten(1)).square().mean();
}

class VolumeAutoencoder final : public FieldModel {
 public:
  VolumeAutoencoder(const Parameters& parameters, const HalfVolume& volume)
      : truncation_(volume.truncation),
        epochs_(parameters.integer("epochs")),
        batch_(parameters.integer("batch")),
        learning_rate_(parameters.real("learning_rate")),
        code_noise_(parameters.real("code_noise")) {
    for (int axis = 0; axis < 3; ++axis) size_.samples[axis] = volume.half.counts[axis];
    size_.dims = parameters.integer("latent_dims");
    size_.channels = 2 * ((parameters.integer("channels") + 1) / 2);
    size_.hidden = parameters.integer("hidden");
  }

  bool train(const CorpusVolumes& corpus,
             const TrainingOptions& options,
             TrainedField& result) override;

  at::Tensor field(const at::Tensor& shape_code) const override {
    return mean_.to(shape_code.dtype()) + truncation_ * decoder_(codes_.direction(shape_code));
  }

  TensorTable state() const override;
  void restore(const TensorTable& state) override;

 private:
  bool descend(const at::Tensor& volumes,
               Network& network,
               const TrainingOptions& options,
               double& loss) const;

  double truncation_;
  std::int64_t epochs_, batch_;
  double learning_rate_, code_noise_;
  NetworkSize size_;
  at::Tensor mean_;  // [G]
  Decoder decoder_;
  SphereCodes codes_;
};

// `volumes` [S,1,X,Y,Z]: less their mean, over the truncation. `loss`: the share of their variance
// that is left.
bool VolumeAutoencoder::descend(const at::Tensor& volumes,
                                Network& network,
                                const TrainingOptions& options,
                                double& loss) const {
  const std::int64_t meshes = volumes.size(0), batch = std::min(batch_, meshes);
  const int steps = static_cast<int>(epochs_ * (meshes / batch));
  const double variance = std::max(1e-12, volumes.square().mean().item<double>());
  std::vector<at::Tensor> parameters;
  for (const at::Tensor* weights : network.weights()) parameters.push_back(*weights);
  Adam adam(parameters, learning_rate_, steps);
  adam.restore("network", options.resume);
  const at::AutoGradMode with_gradient(true);
  while (adam.step() < steps) {
    const int step = adam.step();
    NormalSource noise(options.seed, 1, step);
    const at::Tensor rows = rows_of_step(options.seed, step, meshes, batch);
    const at::Tensor left =
        residual(
            network, volumes.index_select(0, rows), noise.draw(batch, size_.dims, code_noise_)) /
        variance;
    adam.descend(left);
    if (step % 10 != 0 && step + 1 != steps) continue;
    loss = left.item<double>();
    if (!adam.report("network", options, (step + 1.0) / steps, loss)) return false;
  }
  return true;
}

bool VolumeAutoencoder::train(const CorpusVolumes& corpus,
                              const TrainingOptions& options,
                              TrainedField& result) {
  const at::Tensor fields = to_tensor(corpus.fields);
  mean_ = fields.mean(0);
  const auto& [x, y, z] = size_.samples;
  const at::Tensor volumes = ((fields - mean_) / truncation_).view({-1, 1, x, y, z});
  NormalSource normal(options.seed);
  Network network{Encoder::random(size_, normal), Decoder::random(size_, normal)};
  if (!descend(volumes, network, options, result.loss)) return false;

  const at::NoGradGuard no_gradient;
  for (at::Tensor* weights : network.weights()) *weights = weights->detach();
  decoder_ = network.decoder;
  codes_ = whiten_directions(to_matrix(on_half_sphere(network.encoder(volumes))),
                             corpus.fields.cast<double>(),
                             result.codes);
  return true;
}

TensorTable VolumeAutoencoder::state() const {
  TensorTable table = {{"field_mean", mean_},
                       {"decoder_hidden", decoder_.hidden},
                       {"decoder_hidden_bias", decoder_.hidden_bias},
                       {"decoder_smallest", decoder_.smallest},
                       {"decoder_smallest_bias", decoder_.smallest_bias},
                       {"decoder_first", decoder_.first},
                       {"decoder_first_bias", decoder_.first_bias},
                       {"decoder_second", decoder_.second}};
  codes_.store(table);
  return table;
}

void VolumeAutoencoder::restore(const TensorTable& state) {
  const std::int64_t c = size_.channels,
                     samples = size_.samples[0] * size_.samples[1] * size_.samples[2];
  mean_ = take_array(state, "field_mean", {samples});
  decoder_.size = size_;
  decoder_.hidden = take_array(state, "decoder_hidden", {size_.dims, size_.hidden});
  decoder_.hidden_bias = take_array(state, "decoder_hidden_bias", {size_.hidden});
  decoder_.smallest = take_array(state, "decoder_smallest", {size_.hidden, size_.smallest()});
  decoder_.smallest_bias = take_array(state, "decoder_smallest_bias", {size_.smallest()});
  decoder_.first = take_array(state, "decoder_first", {c, c / 2, 4, 4, 3});
  decoder_.first_bias = take_array(state, "decoder_first_bias", {c / 2});
  decoder_.second = take_array(state, "decoder_second", {c / 2, 1, 4, 4, 4});
  codes_.restore(state, size_.dims);
}

ParameterSchema schema() {
  ParameterSchema parameters = volume_prior_schema(6);
  const ParameterSchema own = {
      {"channels", std::int64_t{16}, "1", "channels of the smallest volume", 2, 256},
      {"hidden",
       std::int64_t{64},
       "units",
       "hidden units between code and smallest volume",
       1,
       4096},
      {"epochs", std::int64_t{80}, "1", "times that training sees each mesh", 1},
      {"batch", std::int64_t{20}, "meshes", "meshes of one step", 1},
      {"learning_rate", 0.001, "1", "Adam's rate at the start; it decays by a cosine", 0, 1},
      {"code_noise", 0.02, "1", "deviation of the noise on codes while training", 0, 1}};
  parameters.insert(parameters.end(), own.begin(), own.end());
  return parameters;
}

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "tsdf_autoencoder";
  plugin.info.version = "1.1.0";
  plugin.info.description =
      "3-D convolutional auto-encoder over truncated signed distance volumes, codes on the sphere";
  plugin.info.paper =
      "Manhardt, Kehl, Gaidon, ROI-10D: Monocular Lifting of 2D Detection to 6D Pose and Metric "
      "Shape, CVPR 2019";
  plugin.info.parameters = schema();
  plugin.info.differentiable_in.inputs = {"shape code", "texture code"};
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory([](const Parameters& parameters) {
    return make_volume_prior(parameters, [](const Parameters& p, const auto& volume) {
      return std::make_unique<VolumeAutoencoder>(p, *volume);
    });
  });
  return plugin;
}

}  // namespace
}  // namespace monodr::tsdf_autoencoder

MONODR_PLUGIN(monodr::tsdf_autoencoder::descriptor())
