// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fitting/object_state.h"
#include "plugin/loss.h"
#include "plugin/renderer.h"
#include "plugin/shape_prior.h"

namespace monodr {

/// One term of the objective.
struct WeightedLoss {
  std::string name;
  double weight = 1;
  std::shared_ptr<const Loss> loss;
};

/// What a state costs, and all that was computed on the way.
struct ObjectiveValue {
  at::Tensor total;               ///< [N]
  std::vector<at::Tensor> terms;  ///< weight * loss [N], in the order of the losses; no gradient
  HypothesisBatch hypothesis;
  Rendering rendering;
  DecodedShape shape;
};

/// prior -> pose -> renderer -> losses: the objective of monoDR, total = sum_i weight_i loss_i.
class Objective {
 public:
  Objective(std::shared_ptr<const ShapePrior> prior,
            std::shared_ptr<const Renderer> renderer,
            std::vector<WeightedLoss> losses);

  /// state [N,columns], object [N], initial_texture [N,T]. `extra` adds channels that no loss needs
  /// (to measure confidence, or to draw).
  ObjectiveValue evaluate(const at::Tensor& state,
                          const at::Tensor& object,
                          const at::Tensor& initial_texture,
                          const ObservationBatch& batch,
                          double progress,
                          Channels extra = {}) const;

  const ShapePrior& prior() const { return *prior_; }
  const std::vector<WeightedLoss>& losses() const { return losses_; }
  StateLayout layout() const;

 private:
  void add_surfels(const DecodedShape& shape,
                   const HypothesisBatch& hypothesis,
                   RenderInput& input) const;

  std::shared_ptr<const ShapePrior> prior_;
  std::shared_ptr<const Renderer> renderer_;
  std::vector<WeightedLoss> losses_;
  SurfelSampling
      sampling_;  ///< of a renderer that draws surfels, on a prior whose meshes share their faces
};

/// UserError, naming both, where the renderer draws nothing that the prior decodes to, or a loss needs a channel that
/// neither the renderer nor plugin/channels.h knows. Nothing of the prior need be trained.
void check_parts_fit(const std::string& prior_name,
                     const ShapePrior& prior,
                     const std::string& renderer_name,
                     const Renderer& renderer,
                     const std::vector<WeightedLoss>& losses);

}  // namespace monodr
