// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/parameters.h"
#include "corpus_volumes.h"
#include "plugin/shape_prior.h"

namespace monodr::shape_priors {

/// What a training hands back.
struct TrainedField {
  Eigen::MatrixXd codes;  ///< [S,D] of the training meshes: mean 0, covariance 1
  double loss = 0;        ///< share of the variance of the distances that is left unexplained
};

/// The part in which the volume priors differ: a family of signed distance fields. Everything else
/// is VolumePrior's.
class FieldModel {
 public:
  virtual ~FieldModel() = default;

  /// Learns from the volumes; false where run.progress said stop. Checkpoints as in
  /// TrainingRun.
  virtual bool train(const CorpusVolumes& corpus, const TrainingRun& run, TrainedField& result) = 0;

  /// [N,D] -> [N,G] on the samples of the half volume; differentiable, in the code's precision.
  virtual at::Tensor field(const at::Tensor& shape_code) const = 0;

  /// All that field() needs, and taken up again; see ShapePrior.
  virtual TensorTable state() const = 0;
  virtual void restore(const TensorTable& state) = 0;
};

/// The parameters that all volume priors share; `latent_dims` is the default number of dimensions.
ParameterSchema volume_prior_schema(std::int64_t latent_dims);

/// Makes the model of a plugin for the samples it is to fill.
using FieldModelFactory = std::function<std::unique_ptr<FieldModel>(
    const Parameters& parameters, const std::shared_ptr<const HalfVolume>& volume)>;

/// A shape prior that decodes codes to signed distances on a half volume, those to meshes by
/// marching cubes (volume_mesh_tensors.h), and colours them from a TextureField.
std::unique_ptr<ShapePrior> make_volume_prior(const Parameters& parameters,
                                              const FieldModelFactory& make_model);

}  // namespace monodr::shape_priors
