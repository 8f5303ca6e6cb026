// SPDX-License-Identifier: Apache-2.0
//
// The shape space of SDFLabel: DeepSDF, a network over (code, point) that is trained together with
// a code for every mesh of the corpus (an auto-decoder: there is no encoder). Codes lie on the unit
// sphere (common/sphere_codes.h).
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "common/matrices.h"
#include "common/principal_components.h"
#include "common/sphere_codes.h"
#include "common/volume_prior.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "point_network.h"

namespace monodr::deep_sdf {
namespace {

using namespace shape_priors;

class DeepSdf final : public FieldModel {
 public:
  DeepSdf(const Parameters& parameters, std::shared_ptr<const HalfVolume> volume)
      : volume_(std::move(volume)),
        dims_(parameters.integer("latent_dims")),
        hidden_(parameters.integer("hidden")),
        steps_(static_cast<int>(parameters.integer("steps"))),
        points_(parameters.integer("points")),
        learning_rate_(parameters.real("learning_rate")),
        code_noise_(parameters.real("code_noise")) {}

  bool train(const CorpusVolumes& corpus,
             const TrainingOptions& options,
             TrainedField& result) override;

  at::Tensor field(const at::Tensor& shape_code) const override {
    return decoder_->field(network_.code_part(codes_.direction(shape_code)));
  }

  TensorTable state() const override;
  void restore(const TensorTable& state) override;

 private:
  at::Tensor first_codes(const CorpusVolumes& corpus, NormalSource& normal) const;
  bool descend(const CorpusVolumes& corpus,
               const at::Tensor& codes,
               const TrainingOptions& options,
               double& loss);
  void ready() { decoder_ = std::make_unique<GridDecoder>(network_, volume_); }

  std::shared_ptr<const HalfVolume> volume_;
  std::int64_t dims_, hidden_;
  int steps_;
  std::int64_t points_;
  double learning_rate_, code_noise_;
  PointNetwork network_;
  SphereCodes codes_;
  std::unique_ptr<GridDecoder> decoder_;
};

// Where the codes of the meshes begin: their largest principal components, beside the axis of the
// half sphere. From random places neighbours never find each other.
at::Tensor DeepSdf::first_codes(const CorpusVolumes& corpus, NormalSource& normal) const {
  const auto components = principal_components(corpus.fields.cast<double>(),
                                               Eigen::RowVectorXd::Ones(corpus.fields.cols()),
                                               static_cast<int>(dims_));
  const Eigen::MatrixXd& c = components.coefficients;
  at::Tensor codes = normal.draw(c.rows(), dims_, 0.05);
  const at::Tensor found = to_tensor(c.cast<float>());
  const double scale = c.col(0).norm() / std::sqrt(static_cast<double>(c.rows()));
  const std::int64_t used = std::min(dims_ - 1, found.size(1));
  codes.narrow(1, 1, used).add_(found.narrow(1, 0, used), 0.5 / std::max(1e-9, scale));
  return codes;
}

// Half of the samples from everywhere, half from where the corpus has its surfaces.
at::Tensor draw_samples(const Eigen::RowVectorXd& share,
                        std::int64_t count,
                        std::uint64_t seed,
                        int step) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed),
                         static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(step)};
  std::mt19937_64 generator(sequence);
  std::vector<double> sums(share.size());
  double sum = 0;
  for (Eigen::Index i = 0; i < share.size(); ++i) sums[i] = sum += share[i];
  at::Tensor samples = at::empty({count}, at::kLong);
  for (std::int64_t i = 0; i < count; ++i) {
    const double number = static_cast<double>(generator() >> 11) * 0x1.0p-53;
    const auto place =
        i % 2 == 0 ? static_cast<std::ptrdiff_t>(number * static_cast<double>(sums.size()))
                   : std::lower_bound(sums.begin(), sums.end() - 1, number * sum) - sums.begin();
    samples.data_ptr<std::int64_t>()[i] = place;
  }
  return samples;
}

// Every step sees all meshes at a few samples, so that every code moves at every step.
bool DeepSdf::descend(const CorpusVolumes& corpus,
                      const at::Tensor& codes,
                      const TrainingOptions& options,
                      double& loss) {
  const at::Tensor fields = to_tensor(corpus.fields).t().contiguous();  // [G,S]
  const at::Tensor features = point_features(sample_points(*volume_));
  const double variance =
      std::max(1e-12, (fields - fields.mean(1, true)).square().mean().item<double>());
  std::vector<at::Tensor> parameters{codes};
  for (const at::Tensor* weights : network_.weights()) parameters.push_back(*weights);
  Adam adam(parameters, learning_rate_, steps_);
  adam.restore("network", options.resume);
  const at::AutoGradMode with_gradient(true);
  while (adam.step() < steps_) {
    const int step = adam.step();
    NormalSource noise(options.seed, 1, step);
    const at::Tensor samples = draw_samples(corpus.surface_share, points_, options.seed, step);
    const at::Tensor points = at::mm(features.index_select(0, samples), network_.point);
    at::Tensor direction = on_half_sphere(codes);
    direction = direction + noise.draw(direction.size(0), dims_, code_noise_);
    direction = direction / direction.square().sum(1, true).sqrt();
    const at::Tensor first =
        (points.unsqueeze(1) + network_.code_part(direction).unsqueeze(0)).flatten(0, 1);
    const at::Tensor truth = fields.index_select(0, samples).flatten();
    const at::Tensor left = (network_.distances(first) - truth).square().mean() / variance;
    adam.descend(left);
    if (step % 20 != 0 && step + 1 != steps_) continue;
    loss = left.item<double>();
    if (!adam.report("network", options, (step + 1.0) / steps_, loss)) return false;
  }
  return true;
}

bool DeepSdf::train(const CorpusVolumes& corpus,
                    const TrainingOptions& options,
                    TrainedField& result) {
  NormalSource normal(options.seed);
  network_ = PointNetwork::random(dims_, hidden_, volume_->truncation, normal);
  const at::Tensor codes = first_codes(corpus, normal);
  if (!descend(corpus, codes, options, result.loss)) return false;
  const at::NoGradGuard no_gradient;
  network_ = network_.to(at::kFloat);
  codes_ = whiten_directions(
      to_matrix(on_half_sphere(codes)), corpus.fields.cast<double>(), result.codes);
  ready();
  return true;
}

TensorTable DeepSdf::state() const {
  const PointNetwork& n = network_;
  TensorTable table = {{"point", n.point},
                       {"code", n.code},
                       {"code_bias", n.code_bias},
                       {"second", n.second},
                       {"second_bias", n.second_bias},
                       {"third", n.third},
                       {"third_bias", n.third_bias},
                       {"distance", n.distance},
                       {"distance_bias", n.distance_bias}};
  codes_.store(table);
  return table;
}

void DeepSdf::restore(const TensorTable& state) {
  const std::int64_t h = hidden_;
  PointNetwork& n = network_;
  n.truncation = volume_->truncation;
  n.point = take_array(state, "point", {PointNetwork::kFeatures, h});
  n.code = take_array(state, "code", {dims_, h});
  n.code_bias = take_array(state, "code_bias", {h});
  n.second = take_array(state, "second", {h, h});
  n.second_bias = take_array(state, "second_bias", {h});
  n.third = take_array(state, "third", {h, h});
  n.third_bias = take_array(state, "third_bias", {h});
  n.distance = take_array(state, "distance", {h, 1});
  n.distance_bias = take_array(state, "distance_bias", {1});
  codes_.restore(state, dims_);
  ready();
}

ParameterSchema schema() {
  ParameterSchema parameters = volume_prior_schema(3);
  const ParameterSchema own = {
      {"hidden", std::int64_t{48}, "units", "hidden units of each of three layers", 1, 4096},
      {"steps", std::int64_t{2000}, "steps", "steps of Adam, each over all meshes", 1},
      {"points", std::int64_t{32}, "points", "points of each mesh in a step", 1, 100000},
      {"learning_rate", 0.005, "1", "Adam's rate at the start; it decays by a cosine", 0, 1},
      {"code_noise", 0.02, "1", "deviation of the noise on codes while training", 0, 1}};
  parameters.insert(parameters.end(), own.begin(), own.end());
  return parameters;
}

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "deep_sdf";
  plugin.info.version = "1.0.0";
  plugin.info.description = "auto-decoder network over (code, point), codes on the sphere";
  plugin.info.paper =
      "Park et al., DeepSDF, CVPR 2019; Zakharov et al., Autolabeling 3D Objects with "
      "Differentiable Rendering of SDF Shape Priors, CVPR 2020";
  plugin.info.parameters = schema();
  plugin.info.differentiable_in.inputs = {"shape code", "texture code"};
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory([](const Parameters& parameters) {
    return make_volume_prior(parameters, [](const Parameters& p, const auto& volume) {
      return std::make_unique<DeepSdf>(p, volume);
    });
  });
  return plugin;
}

}  // namespace
}  // namespace monodr::deep_sdf

MONODR_PLUGIN(monodr::deep_sdf::descriptor())
