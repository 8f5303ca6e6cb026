// SPDX-License-Identifier: Apache-2.0
#include "fitting/objective.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "base/error.h"
#include "plugin/channels.h"

namespace monodr {

Objective::Objective(std::shared_ptr<const ShapePrior> prior,
                     std::shared_ptr<const Renderer> renderer,
                     std::vector<WeightedLoss> losses)
    : prior_(std::move(prior)), renderer_(std::move(renderer)), losses_(std::move(losses)) {
  MONODR_CHECK(!losses_.empty(), "an objective needs a loss");
  if (!renderer_->draws().surfels && !prior_->decodes_to().meshes)
    throw UserError(
        "the shape prior decodes to surfels alone and the renderer draws meshes alone; choose "
        "another "
        "renderer or prior ('runexp plugins list')");
}

StateLayout Objective::layout() const {
  return {prior_->shape_dimensions(), prior_->texture_dimensions()};
}

ObjectiveValue Objective::evaluate(const at::Tensor& state,
                                   const at::Tensor& object,
                                   const at::Tensor& initial_texture,
                                   const ObservationBatch& batch,
                                   double progress,
                                   Channels extra) const {
  ObjectiveValue result;
  HypothesisBatch& hypothesis = result.hypothesis;
  hypothesis = hypotheses_from_state(state, object, layout(), batch);
  hypothesis.initial_texture_code = initial_texture;
  result.shape = prior_->decode(hypothesis.shape_code, hypothesis.texture_code);
  const GeometryKinds drawn = renderer_->draws();
  RenderInput input{
      {}, result.shape.faces, result.shape.colours, batch.intrinsics.index_select(0, object)};
  const bool has_mesh = result.shape.vertices.defined();
  hypothesis.vertices =
      pose_vertices(has_mesh ? result.shape.vertices : result.shape.surfels.positions, hypothesis);
  hypothesis.faces = result.shape.faces;
  input.vertices = hypothesis.vertices;
  if (drawn.surfels)
    input.surfels = result.shape.surfels.defined()
                        ? posed_surfels(result.shape.surfels, hypothesis)
                        : surfels_of(input.vertices, input.faces, input.colours);

  RenderRequest request;
  request.channels = extra;
  for (const WeightedLoss& term : losses_) request.channels = request.channels | term.loss->needs();
  request.height = static_cast<int>(batch.mask.size(-2));
  request.width = static_cast<int>(batch.mask.size(-1));
  request.progress = progress;
  result.rendering = render_channels(*renderer_, input, result.shape.vertices, request);

  result.total = at::zeros({state.size(0)}, state.options());
  for (const WeightedLoss& term : losses_) {
    const at::Tensor weighted =
        term.weight * term.loss->evaluate({batch, hypothesis, result.rendering, progress});
    result.total = result.total + weighted;
    result.terms.push_back(weighted.detach());
  }
  return result;
}

}  // namespace monodr
