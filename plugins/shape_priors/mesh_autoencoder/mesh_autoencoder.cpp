// SPDX-License-Identifier: Apache-2.0
//
// A shape prior whose shapes are a cube-sphere moved to a car's surface: the generator family of
// monoDR. See decoder.h for the model, registration.h for how meshes become training examples.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "base/error.h"
#include "corpus_registration.h"
#include "decoder.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "template_mesh.h"
#include "training.h"

namespace monodr::mesh_autoencoder {
namespace {

ParameterSchema schema() {
  return {
      {"latent_dims", std::int64_t{8}, "1", "dimensions of the shape code", 1, 64},
      {"texture_dims", std::int64_t{4}, "1", "dimensions of the texture code", 1, 64},
      {"template_grid",
       std::int64_t{16},
       "points",
       "points along a cube edge of the template; 16 makes 1352 vertices, 12 makes 728",
       4,
       64},
      {"relaxations",
       std::int64_t{4},
       "1",
       "rounds in which the template's vertices spread over a training mesh",
       0,
       100},
      {"components",
       std::int64_t{64},
       "1",
       "principal components in which shapes and colours are learned",
       1,
       1000},
      {"hidden", std::int64_t{64}, "units", "hidden units of each network", 1, 1024},
      {"steps",
       std::int64_t{1500},
       "steps",
       "steps of Adam for the shapes, and for the colours",
       1},
      {"learning_rate", 0.01, "1", "Adam's rate at the start; it decays by a cosine", 0, 1},
      {"code_noise", 0.05, "1", "deviation of the noise on codes while training", 0, 1},
  };
}

class MeshAutoencoder final : public ShapePrior {
 public:
  explicit MeshAutoencoder(const Parameters& parameters)
      : parameters_(parameters), template_(make_template(integer("template_grid"))) {
    faces_ = at::empty({static_cast<std::int64_t>(template_.faces.size()), 3}, at::kLong);
    std::int64_t* out = faces_.data_ptr<std::int64_t>();
    for (const auto& face : template_.faces) out = std::copy(face.begin(), face.end(), out);
  }

  int shape_dimensions() const override { return integer("latent_dims"); }
  int texture_dimensions() const override { return integer("texture_dims"); }

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    check_codes(shape_code, texture_code);
    return {decode_vertices(weights_, shape_code, template_.left),
            faces_,
            decode_colours(weights_, shape_code, texture_code, template_.left)};
  }

  at::Tensor log_prior(const at::Tensor& shape_code,
                       const at::Tensor& texture_code) const override {
    check_codes(shape_code, texture_code);
    return -0.5 * (shape_code.square().sum(1) + texture_code.square().sum(1));
  }

  at::Tensor texture_from_paint(const at::Tensor& paint) const override {
    MONODR_CHECK(weights_.trained(), "the shape prior is asked before it was trained or loaded");
    MONODR_CHECK(paint.dim() == 2 && paint.size(1) == 3, "paint must be [N,3]");
    const at::Tensor map = weights_.paint_to_texture.to(paint.dtype());
    return at::addmm(map[3], paint, map.narrow(0, 0, 3));
  }

  void train(const std::vector<CorpusItem>& corpus, const TrainingOptions& options) override;
  TensorTable state() const override;
  void restore(const TensorTable& state) override;

 private:
  int integer(const std::string& name) const { return static_cast<int>(parameters_.integer(name)); }
  void check_codes(const at::Tensor& shape_code, const at::Tensor& texture_code) const;

  Parameters parameters_;
  TemplateMesh template_;
  at::Tensor faces_;
  DecoderWeights weights_;
};

void MeshAutoencoder::check_codes(const at::Tensor& shape_code,
                                  const at::Tensor& texture_code) const {
  MONODR_CHECK(weights_.trained(), "the shape prior is asked before it was trained or loaded");
  MONODR_CHECK(shape_code.dim() == 2 && shape_code.size(1) == shape_dimensions(),
               "shape codes must be [N,{}]",
               shape_dimensions());
  MONODR_CHECK(texture_code.dim() == 2 && texture_code.size(1) == texture_dimensions() &&
                   texture_code.size(0) == shape_code.size(0),
               "texture codes must be [{},{}]",
               shape_code.size(0),
               texture_dimensions());
}

void MeshAutoencoder::train(const std::vector<CorpusItem>& corpus, const TrainingOptions& options) {
  const size_t least = static_cast<size_t>(std::max(shape_dimensions(), texture_dimensions())) + 2;
  if (corpus.size() < least)
    throw UserError(
        fmt::format("a corpus of {} meshes is too small for {} shape and {} texture "
                    "dimensions; at least {} are needed",
                    corpus.size(),
                    shape_dimensions(),
                    texture_dimensions(),
                    least));
  // Registration is about a third of the work.
  constexpr double kRegistrationShare = 0.3;
  const auto report = [&](double share, double loss) {
    return !options.progress || options.progress(share, loss);
  };
  const TrainingSet set =
      register_corpus(template_, corpus, integer("relaxations"), [&](double share) {
        return report(kRegistrationShare * share, std::nan(""));
      });
  if (set.shapes.rows() == 0) return;

  NetworkOptions network;
  network.latent_dims = shape_dimensions();
  network.texture_dims = texture_dimensions();
  network.hidden = integer("hidden");
  network.components = integer("components");
  network.steps = integer("steps");
  network.learning_rate = parameters_.real("learning_rate");
  network.code_noise = parameters_.real("code_noise");
  network.seed = options.seed;
  network.checkpoint = options.checkpoint;
  network.resume = options.resume;
  network.progress = [&](double share, double loss) {
    return report(kRegistrationShare + (1 - kRegistrationShare) * share, loss);
  };
  TrainedDecoder trained = train_decoder(set, network);
  if (trained.stopped) return;
  weights_ = std::move(trained.weights);
}

TensorTable MeshAutoencoder::state() const {
  MONODR_CHECK(weights_.trained(), "an untrained shape prior has no state");
  TensorTable state;
  for (const auto& [name, tensor] : weights_.named()) state[name] = *tensor;
  return state;
}

void MeshAutoencoder::restore(const TensorTable& state) {
  const std::int64_t d = shape_dimensions(), t = texture_dimensions(), w = integer("hidden");
  const std::int64_t columns = 3 * template_.half();
  DecoderWeights weights;
  weights.shape_hidden = take_array(state, "shape_hidden", {d, w});
  weights.shape_hidden_bias = take_array(state, "shape_hidden_bias", {w});
  weights.shape_basis = take_array(state, "shape_basis", {-1, columns});
  weights.shape_mix = take_array(state, "shape_mix", {1 + d + w, weights.shape_basis.size(0)});
  weights.shape_mean = take_array(state, "shape_mean", {columns});
  weights.colour_hidden = take_array(state, "colour_hidden", {d, w});
  weights.colour_hidden_bias = take_array(state, "colour_hidden_bias", {w});
  weights.colour_basis = take_array(state, "colour_basis", {-1, columns});
  weights.colour_mix =
      take_array(state, "colour_mix", {1 + d + w, (1 + t) * weights.colour_basis.size(0)});
  weights.colour_mean = take_array(state, "colour_mean", {columns});
  weights.paint_to_texture = take_array(state, "paint_to_texture", {4, t});
  weights_ = std::move(weights);
}

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "mesh_autoencoder";
  plugin.info.version = "2.0.0";
  plugin.info.description =
      "encoder-decoder to the vertices and colours of a mirror-symmetric cube-sphere";
  plugin.info.paper =
      "Kato & Harada, Learning View Priors for Single-view 3D Reconstruction, CVPR 2019; "
      "Beker et al., Monocular Differentiable Rendering, ECCV 2020";
  plugin.info.parameters = schema();
  plugin.info.differentiable_in = "shape code, texture code";
  plugin.info.is_default = true;
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory(
      [](const Parameters& parameters) { return std::make_unique<MeshAutoencoder>(parameters); });
  return plugin;
}

}  // namespace
}  // namespace monodr::mesh_autoencoder

MONODR_PLUGIN(monodr::mesh_autoencoder::descriptor())
