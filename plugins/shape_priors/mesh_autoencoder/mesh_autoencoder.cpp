// SPDX-License-Identifier: Apache-2.0
//
// A shape prior whose shapes are a cube-sphere moved to a car's surface: the generator family of
// monoDR. See decoder.h for the model, registration.h for how meshes become training examples.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "common/textured_prior.h"
#include "corpus_registration.h"
#include "decoder.h"
#include "plugin/descriptor.h"
#include "plugin/prior_file.h"
#include "plugin/shape_prior.h"
#include "template_mesh.h"
#include "training.h"

namespace monodr::mesh_autoencoder {
namespace {

using namespace shape_priors;

ParameterSchema schema() {
  ParameterSchema parameters = code_schema(8);
  const ParameterSchema own = {
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
       "principal components in which shapes are learned",
       1,
       1000},
      {"hidden", std::int64_t{64}, "units", "hidden units of encoder and decoder", 1, 1024},
      {"steps", std::int64_t{1500}, "steps", "steps of Adam", 1},
      {"learning_rate", 0.01, "1", "Adam's rate at the start; it decays by a cosine", 0, 1},
      {"code_noise", 0.02, "1", "deviation of the noise on codes while training", 0, 1},
  };
  parameters.insert(parameters.end(), own.begin(), own.end());
  return parameters;
}

class MeshAutoencoder final : public TexturedPrior {
 public:
  MeshAutoencoder(const Parameters& parameters, TemplateMesh mesh_template)
      : TexturedPrior(parameters, mesh_template.half()), template_(std::move(mesh_template)) {
    faces_ = at::empty({static_cast<std::int64_t>(template_.faces.size()), 3}, at::kLong);
    std::int64_t* out = faces_.data_ptr<std::int64_t>();
    for (const auto& face : template_.faces) out = std::copy(face.begin(), face.end(), out);
  }

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    check_codes(shape_code, texture_code);
    return {decoder_->vertices(shape_code, template_.left),
            faces_,
            whole_colours(texture_.colours(shape_code, texture_code), template_.left)};
  }

  void train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) override;

 private:
  TensorTable shape_state() const override;
  void restore_shape(const TensorTable& state) override;

  TemplateMesh template_;
  at::Tensor faces_;
  std::shared_ptr<Decoder> decoder_;
};

void MeshAutoencoder::train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) {
  check_size(corpus);
  // Registration is about half of the work.
  constexpr double kRegistrationShare = 0.5;
  const auto report = [&](double share, double loss) {
    return !run.progress || run.progress(share, loss);
  };
  const TrainingSet set =
      register_corpus(template_, corpus, integer("relaxations"), [&](double share) {
        return report(kRegistrationShare * share, std::nan(""));
      });
  if (set.shapes.rows() == 0) return;

  NetworkParameters network;
  network.latent_dims = shape_dimensions();
  network.hidden = integer("hidden");
  network.components = integer("components");
  network.steps = integer("steps");
  network.learning_rate = parameters_.real("learning_rate");
  network.code_noise = parameters_.real("code_noise");
  network.training = run;
  network.training.progress = [&](double share, double loss) {
    return report(kRegistrationShare + (0.98 - kRegistrationShare) * share, loss);
  };
  TrainedDecoder trained = train_decoder(set, network);
  if (trained.decoder == nullptr) return;
  // Every mesh has its surface at every vertex of the template.
  TextureField texture = fit_texture_field(
      set.colours, Eigen::RowVectorXd::Ones(template_.half()), trained.codes, texture_dimensions());
  if (!report(1, trained.loss)) return;
  decoder_ = std::move(trained.decoder);
  texture_ = std::move(texture);
}

TensorTable MeshAutoencoder::shape_state() const {
  TensorTable state;
  decoder_->store(state);
  return state;
}

void MeshAutoencoder::restore_shape(const TensorTable& state) {
  const std::int64_t columns = 3 * template_.half();
  // Fewer components than were asked for where the corpus has fewer.
  const std::int64_t components = take_array(state, "shape_basis", {-1, columns}).size(0);
  auto decoder =
      std::make_shared<Decoder>(shape_dimensions(), integer("hidden"), components, columns);
  decoder->restore(state);
  decoder_ = std::move(decoder);
}

PluginDescriptor descriptor() {
  PluginDescriptor plugin;
  plugin.info.kind = PluginKind::shape_prior;
  plugin.info.name = "mesh_autoencoder";
  plugin.info.version = "3.1.0";
  plugin.info.description =
      "encoder-decoder to the vertices and colours of a mirror-symmetric cube-sphere";
  plugin.info.paper =
      "Kato & Harada, Learning View Priors for Single-view 3D Reconstruction, CVPR 2019; "
      "Beker et al., Monocular Differentiable Rendering, ECCV 2020";
  plugin.info.parameters = schema();
  plugin.info.differentiable_in.inputs = {"shape code", "texture code"};
  plugin.info.is_default = true;
  plugin.info.deterministic = true;
  plugin.factory = ShapePriorFactory([](const Parameters& parameters) {
    const auto grid = static_cast<int>(parameters.integer("template_grid"));
    return std::make_unique<MeshAutoencoder>(parameters, make_template(grid));
  });
  return plugin;
}

}  // namespace
}  // namespace monodr::mesh_autoencoder

MONODR_PLUGIN(monodr::mesh_autoencoder::descriptor())
