// SPDX-License-Identifier: Apache-2.0
//
// The shape space of RoI-10D: a 3-D convolutional auto-encoder over truncated signed distance
// volumes, whose codes lie on the unit sphere.
//
//     field(c) = mean + truncation * decoder(direction(c))        direction: common/sphere_codes.h
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <numeric>

#include "common/matrices.h"
#include "common/sphere_codes.h"
#include "common/volume_prior.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "plugin/shape_prior.h"
#include "volume_network.h"

namespace monodr::tsdf_autoencoder {
namespace {

using namespace shape_priors;

// The meshes of one step: every epoch has its own order.
at::Tensor rows_of_step(std::uint64_t seed, int step, std::int64_t meshes, std::int64_t batch) {
  const std::int64_t batches = meshes / batch, epoch = step / batches;
  std::vector<std::int64_t> order(meshes);
  std::iota(order.begin(), order.end(), 0);
  Random random(seed, "order of an epoch", static_cast<std::uint64_t>(epoch));
  for (auto left = static_cast<int>(meshes); left > 1; --left)
    std::swap(order[left - 1], order[random.below(left)]);
  at::Tensor rows = at::empty({batch}, at::kLong);
  std::copy_n(order.begin() + step % batches * batch, batch, rows.data_ptr<std::int64_t>());
  return rows;
}

/// What is trained together.
struct Autoencoder : Network {
  Autoencoder(const NetworkSize& size, Random& random)
      : encoder(register_module("encoder", std::make_shared<Encoder>(size, random))),
        decoder(register_module("decoder", std::make_shared<Decoder>(size, random))) {}

  std::shared_ptr<Encoder> encoder;
  std::shared_ptr<Decoder> decoder;

  /// [N,1,X,Y,Z] -> directions [N,D]
  at::Tensor encode(const at::Tensor& volumes) const { return on_half_sphere((*encoder)(volumes)); }

  /// Mean square of what it leaves of the volumes, with noise [N,D] on their directions.
  at::Tensor residual(const at::Tensor& volumes, const at::Tensor& noise) const {
    const at::Tensor code = encode(volumes) + noise;
    const at::Tensor direction = code / code.square().sum(1, true).sqrt();
    return ((*decoder)(direction)-volumes.flatten(1)).square().mean();
  }
};

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

  bool train(const CorpusVolumes& corpus, const TrainingRun& run, TrainedField& result) override;

  at::Tensor field(const at::Tensor& shape_code) const override {
    return mean_.to(shape_code.dtype()) + truncation_ * (*decoder_)(codes_.direction(shape_code));
  }

  TensorTable state() const override;
  void restore(const TensorTable& state) override;

 private:
  std::optional<double> descend(const at::Tensor& volumes,
                                Autoencoder& network,
                                const TrainingRun& run) const;

  double truncation_;
  std::int64_t epochs_, batch_;
  double learning_rate_, code_noise_;
  NetworkSize size_;
  at::Tensor mean_;  // [G]
  std::shared_ptr<Decoder> decoder_;
  SphereCodes codes_;
};

// `volumes` [S,1,X,Y,Z]: less their mean, over the truncation. The loss: the share of their variance
// that is left.
std::optional<double> VolumeAutoencoder::descend(const at::Tensor& volumes,
                                                 Autoencoder& network,
                                                 const TrainingRun& run) const {
  const std::int64_t meshes = volumes.size(0), batch = std::min(batch_, meshes);
  const int steps = static_cast<int>(epochs_ * (meshes / batch));
  const double variance = std::max(1e-12, volumes.square().mean().item<double>());
  return train_network(network, learning_rate_, steps, run, [&](int step) {
    Random noise(run.seed, "code noise", static_cast<std::uint64_t>(step));
    const at::Tensor rows = rows_of_step(run.seed, step, meshes, batch);
    return network.residual(volumes.index_select(0, rows),
                            normal_numbers({batch, size_.dims}, code_noise_, noise)) /
           variance;
  });
}

bool VolumeAutoencoder::train(const CorpusVolumes& corpus,
                              const TrainingRun& run,
                              TrainedField& result) {
  const at::Tensor fields = to_tensor(corpus.fields);
  mean_ = fields.mean(0);
  const auto& [x, y, z] = size_.samples;
  const at::Tensor volumes = ((fields - mean_) / truncation_).view({-1, 1, x, y, z});
  Random random(run.seed, "weights", 0);
  Autoencoder network(size_, random);
  const std::optional<double> loss = descend(volumes, network, run);
  if (!loss) return false;
  result.loss = *loss;
  decoder_ = network.decoder;
  codes_ = whiten_directions(
      to_matrix(network.encode(volumes)), corpus.fields.cast<double>(), result.codes);
  return true;
}

TensorTable VolumeAutoencoder::state() const {
  TensorTable table = {{"field_mean", mean_}};
  decoder_->store(table, "decoder_");
  codes_.store(table);
  return table;
}

void VolumeAutoencoder::restore(const TensorTable& state) {
  mean_ = take_array(state, "field_mean", {size_.samples[0] * size_.samples[1] * size_.samples[2]});
  Random random(0);  // of no influence: every weight is in the state
  decoder_ = std::make_shared<Decoder>(size_, random);
  decoder_->restore(state, "decoder_");
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
  plugin.info.version = "1.2.0";
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
