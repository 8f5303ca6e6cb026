// SPDX-License-Identifier: Apache-2.0
#include "volume_prior.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "base/error.h"
#include "plugin/prior_file.h"
#include "texture_field.h"
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

class VolumePrior final : public ShapePrior {
 public:
  VolumePrior(const Parameters& parameters, const FieldModelFactory& make_model)
      : parameters_(parameters),
        make_model_(make_model),
        volume_(std::make_shared<const HalfVolume>(make_half_volume(integer("length_samples")))) {}

  int shape_dimensions() const override { return integer("latent_dims"); }
  int texture_dimensions() const override { return integer("texture_dims"); }

  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    check_codes(shape_code, texture_code);
    return meshes_of_volumes(
        volume_, model_->field(shape_code), texture_.colours(shape_code, texture_code));
  }

  at::Tensor log_prior(const at::Tensor& shape_code,
                       const at::Tensor& texture_code) const override {
    check_codes(shape_code, texture_code);
    return -0.5 * (shape_code.square().sum(1) + texture_code.square().sum(1));
  }

  at::Tensor texture_from_paint(const at::Tensor& paint) const override {
    check_trained();
    MONODR_CHECK(paint.dim() == 2 && paint.size(1) == 3, "paint must be [N,3]");
    return texture_.texture_from_paint(paint);
  }

  void train(const std::vector<CorpusItem>& corpus, const TrainingOptions& options) override;
  TensorTable state() const override;
  void restore(const TensorTable& state) override;

 private:
  int integer(const std::string& name) const { return static_cast<int>(parameters_.integer(name)); }
  void check_trained() const {
    MONODR_CHECK(model_ != nullptr, "the shape prior is asked before it was trained or loaded");
  }
  void check_codes(const at::Tensor& shape_code, const at::Tensor& texture_code) const;

  Parameters parameters_;
  FieldModelFactory make_model_;
  std::shared_ptr<const HalfVolume> volume_;
  std::unique_ptr<FieldModel> model_;  // null until trained
  TextureField texture_;
};

void VolumePrior::check_codes(const at::Tensor& shape_code, const at::Tensor& texture_code) const {
  check_trained();
  MONODR_CHECK(shape_code.dim() == 2 && shape_code.size(1) == shape_dimensions(),
               "shape codes must be [N,{}]",
               shape_dimensions());
  MONODR_CHECK(texture_code.dim() == 2 && texture_code.size(1) == texture_dimensions() &&
                   texture_code.size(0) == shape_code.size(0),
               "texture codes must be [{},{}]",
               shape_code.size(0),
               texture_dimensions());
}

void VolumePrior::train(const std::vector<CorpusItem>& corpus, const TrainingOptions& options) {
  const size_t least = static_cast<size_t>(std::max(shape_dimensions(), texture_dimensions())) + 2;
  if (corpus.size() < least)
    throw UserError(
        fmt::format("a corpus of {} meshes is too small for {} shape and {} texture "
                    "dimensions; at least {} are needed",
                    corpus.size(),
                    shape_dimensions(),
                    texture_dimensions(),
                    least));
  const auto report = [&](double share, double loss) {
    return !options.progress || options.progress(share, loss);
  };
  const CorpusVolumes volumes = sample_corpus(
      *volume_, corpus, [&](double share) { return report(kSampled * share, std::nan("")); });
  if (volumes.empty()) return;

  std::unique_ptr<FieldModel> model = make_model_(parameters_, volume_);
  TrainingOptions rest = options;
  rest.progress = [&](double share, double loss) {
    return report(kSampled + (kFieldTrained - kSampled) * share, loss);
  };
  TrainedField trained;
  {
    const OneThread one_thread;
    if (!model->train(volumes, rest, trained)) return;
  }

  TextureField texture = fit_texture_field(volumes, trained.codes, texture_dimensions());
  if (!report(1, trained.loss)) return;
  model_ = std::move(model);
  texture_ = std::move(texture);
}

TensorTable VolumePrior::state() const {
  check_trained();
  TensorTable state = model_->state();
  state["texture_basis"] = texture_.basis;
  state["paint_to_texture"] = texture_.paint_to_texture;
  return state;
}

void VolumePrior::restore(const TensorTable& state) {
  std::unique_ptr<FieldModel> model = make_model_(parameters_, volume_);
  model->restore(state);
  const std::int64_t d = shape_dimensions(), t = texture_dimensions();
  texture_.basis = take_array(state, "texture_basis", {(1 + t) * (1 + d), 3 * volume_->samples()});
  texture_.paint_to_texture = take_array(state, "paint_to_texture", {4, t});
  model_ = std::move(model);
}

}  // namespace

ParameterSchema volume_prior_schema(std::int64_t latent_dims) {
  return {{"latent_dims", latent_dims, "1", "dimensions of the shape code", 1, 64},
          {"texture_dims", std::int64_t{4}, "1", "dimensions of the texture code", 1, 64},
          {"length_samples",
           std::int64_t{32},
           "samples",
           "samples of the volume along the car (rounded up to a multiple of 4); across it there "
           "are 3/5 as many",
           8,
           256}};
}

std::unique_ptr<ShapePrior> make_volume_prior(const Parameters& parameters,
                                              const FieldModelFactory& make_model) {
  return std::make_unique<VolumePrior>(parameters, make_model);
}

}  // namespace monodr::shape_priors
