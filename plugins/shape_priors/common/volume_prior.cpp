// SPDX-License-Identifier: Apache-2.0
#include "volume_prior.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "textured_prior.h"
#include "volume_mesh_tensors.h"

namespace monodr::shape_priors {
namespace {

// Shares of the time of a training, roughly.
constexpr double kSampled = 0.2, kFieldTrained = 0.95;

// oneDNN's convolutions sum in another order on more threads, and small products gain nothing
// there.
class OneThread {
 public:
  OneThread() { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }

 private:
  int before_ = at::get_num_threads();
};

class VolumePrior final : public TexturedPrior {
 public:
  VolumePrior(const Parameters& parameters,
              const FieldModelFactory& make_model,
              std::shared_ptr<const HalfVolume> volume)
      : TexturedPrior(parameters, volume->samples()),
        make_model_(make_model),
        volume_(std::move(volume)) {}

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    check_codes(shape_code, texture_code);
    return meshes_of_volumes(
        volume_, model_->field(shape_code), texture_.colours(shape_code, texture_code));
  }

  void train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) override;

 private:
  TensorTable shape_state() const override { return model_->state(); }
  void restore_shape(const TensorTable& state) override {
    std::unique_ptr<FieldModel> model = make_model_(parameters_, volume_);
    model->restore(state);
    model_ = std::move(model);
  }

  FieldModelFactory make_model_;
  std::shared_ptr<const HalfVolume> volume_;
  std::unique_ptr<FieldModel> model_;  // null until trained
};

void VolumePrior::train(const std::vector<CorpusItem>& corpus, const TrainingRun& run) {
  check_size(corpus);
  const auto report = [&](double share, double loss) {
    return !run.progress || run.progress(share, loss);
  };
  const CorpusVolumes volumes = sample_corpus(
      *volume_, corpus, [&](double share) { return report(kSampled * share, std::nan("")); });
  if (volumes.empty()) return;

  std::unique_ptr<FieldModel> model = make_model_(parameters_, volume_);
  TrainingRun rest = run;
  rest.progress = [&](double share, double loss) {
    return report(kSampled + (kFieldTrained - kSampled) * share, loss);
  };
  TrainedField trained;
  {
    const OneThread one_thread;
    if (!model->train(volumes, rest, trained)) return;
  }

  TextureField texture = fit_texture_field(
      volumes.colours, volumes.surface_share, trained.codes, texture_dimensions());
  if (!report(1, trained.loss)) return;
  model_ = std::move(model);
  texture_ = std::move(texture);
}

}  // namespace

ParameterSchema volume_prior_schema(std::int64_t latent_dims) {
  ParameterSchema schema = code_schema(latent_dims);
  schema.push_back(
      {"length_samples",
       std::int64_t{32},
       "samples",
       "samples of the volume along the car (rounded up to a multiple of 4); across it there "
       "are 3/5 as many",
       8,
       256});
  return schema;
}

std::unique_ptr<ShapePrior> make_volume_prior(const Parameters& parameters,
                                              const FieldModelFactory& make_model) {
  const auto samples = static_cast<int>(parameters.integer("length_samples"));
  return std::make_unique<VolumePrior>(
      parameters, make_model, std::make_shared<const HalfVolume>(make_half_volume(samples)));
}

}  // namespace monodr::shape_priors
