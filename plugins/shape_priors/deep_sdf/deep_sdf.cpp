// SPDX-License-Identifier: Apache-2.0
//
// The shape space of SDFLabel: DeepSDF, a network over (code, point) that is trained together with
// a code for every mesh of the corpus (an auto-decoder: there is no encoder). Codes lie on the unit
// sphere (common/sphere_codes.h).
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/matrices.h"
#include "common/principal_components.h"
#include "common/sphere_codes.h"
#include "common/volume_prior.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "plugin/shape_prior.h"
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

  bool train(const CorpusVolumes& corpus, const TrainingRun& run, TrainedField& result) override;

  at::Tensor field(const at::Tensor& shape_code) const override {
    return decoder_->field(network_->code_part(codes_.direction(shape_code)));
  }

  TensorTable state() const override;
  void restore(const TensorTable& state) override;

 private:
  at::Tensor first_codes(const CorpusVolumes& corpus, Random& random) const;
  std::optional<double> descend(const CorpusVolumes& corpus,
                                const at::Tensor& codes,
                                const TrainingRun& run);
  std::shared_ptr<PointNetwork> new_network(Random& random) const {
    return std::make_shared<PointNetwork>(dims_, hidden_, volume_->truncation, random);
  }
  void ready() { decoder_ = std::make_unique<GridDecoder>(network_, *volume_); }

  std::shared_ptr<const HalfVolume> volume_;
  std::int64_t dims_, hidden_;
  int steps_;
  std::int64_t points_;
  double learning_rate_, code_noise_;
  std::shared_ptr<PointNetwork> network_;
  SphereCodes codes_;
  std::unique_ptr<GridDecoder> decoder_;
};

// Where the codes of the meshes begin: their largest principal components, beside the axis of the
// half sphere. From random places neighbours never find each other.
at::Tensor DeepSdf::first_codes(const CorpusVolumes& corpus, Random& random) const {
  const auto components = principal_components(corpus.fields.cast<double>(),
                                               Eigen::RowVectorXd::Ones(corpus.fields.cols()),
                                               static_cast<int>(dims_));
  const Eigen::MatrixXd& c = components.coefficients;
  at::Tensor codes = normal_numbers({c.rows(), dims_}, 0.05, random);
  const at::Tensor found = to_tensor(c.cast<float>());
  const double scale = c.col(0).norm() / std::sqrt(static_cast<double>(c.rows()));
  const std::int64_t used = std::min(dims_ - 1, found.size(1));
  codes.narrow(1, 1, used).add_(found.narrow(1, 0, used), 0.5 / std::max(1e-9, scale));
  return codes;
}

// Samples that a step looks at: half of them from everywhere, half from where the corpus has its surfaces.
class SampleDraw {
 public:
  explicit SampleDraw(const Eigen::RowVectorXd& surface_share) : sums_(surface_share.size()) {
    std::partial_sum(
        surface_share.data(), surface_share.data() + surface_share.size(), sums_.begin());
  }

  at::Tensor operator()(std::int64_t count, Random& random) const {
    at::Tensor samples = at::empty({count}, at::kLong);
    std::int64_t* out = samples.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < count; ++i)
      out[i] = i % 2 == 0 ? random.below(static_cast<int>(sums_.size())) : near_surface(random);
    return samples;
  }

 private:
  std::int64_t near_surface(Random& random) const {
    const double place = random.uniform(0, sums_.back());
    return std::lower_bound(sums_.begin(), sums_.end() - 1, place) - sums_.begin();
  }
  std::vector<double> sums_;
};

/// What is trained together: the network, and a code for every mesh.
struct AutoDecoder : Network {
  AutoDecoder(const std::shared_ptr<PointNetwork>& network, const at::Tensor& codes) {
    register_module("network", network);
    weight("codes", codes);
  }
};

// Every step sees all meshes at a few samples, so that every code moves at every step.
std::optional<double> DeepSdf::descend(const CorpusVolumes& corpus,
                                       const at::Tensor& codes,
                                       const TrainingRun& run) {
  const at::Tensor fields = to_tensor(corpus.fields).t().contiguous();  // [G,S]
  const at::Tensor features = point_features(sample_points(*volume_));
  const double variance =
      std::max(1e-12, (fields - fields.mean(1, true)).square().mean().item<double>());
  const SampleDraw draw(corpus.surface_share);
  AutoDecoder both(network_, codes);
  return train_network(both, learning_rate_, steps_, run, [&](int step) {
    Random samples_of(run.seed, "samples", step), noise(run.seed, "code noise", step);
    const at::Tensor samples = draw(points_, samples_of);
    const at::Tensor points = at::mm(features.index_select(0, samples), network_->point);
    at::Tensor direction = on_half_sphere(codes);
    direction = direction + normal_numbers(direction.sizes(), code_noise_, noise);
    direction = direction / direction.square().sum(1, true).sqrt();
    const at::Tensor first =
        (points.unsqueeze(1) + network_->code_part(direction).unsqueeze(0)).flatten(0, 1);
    const at::Tensor truth = fields.index_select(0, samples).flatten();
    return (network_->distances(first) - truth).square().mean() / variance;
  });
}

bool DeepSdf::train(const CorpusVolumes& corpus, const TrainingRun& run, TrainedField& result) {
  Random random(run.seed, "weights", 0);
  network_ = new_network(random);
  const at::Tensor codes = first_codes(corpus, random);
  const std::optional<double> loss = descend(corpus, codes, run);
  if (!loss) return false;
  result.loss = *loss;
  codes_ = whiten_directions(
      to_matrix(on_half_sphere(codes)), corpus.fields.cast<double>(), result.codes);
  ready();
  return true;
}

TensorTable DeepSdf::state() const {
  TensorTable table;
  network_->store(table);
  codes_.store(table);
  return table;
}

void DeepSdf::restore(const TensorTable& state) {
  Random random(0);  // of no influence: every weight is in the state
  network_ = new_network(random);
  network_->restore(state);
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
  plugin.info.version = "1.1.0";
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
