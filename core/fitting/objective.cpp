// SPDX-License-Identifier: Apache-2.0
#include "fitting/objective.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "plugin/channels.h"
#include "plugin/draw.h"

namespace monodr {
namespace {

bool can_be_drawn(const ShapePrior& prior, const Renderer& renderer) {
  const GeometryKinds made = prior.decodes_to(), drawn = renderer.draws();
  return made.meshes ? drawn.meshes || drawn.surfels : made.surfels && drawn.surfels;
}

/// A wrong shape would broadcast with the other losses, into numbers that look like a fit.
void check_loss_shape(const std::string& name, const at::Tensor& value, int64_t hypotheses) {
  if (value.defined() && value.dim() == 1 && value.size(0) == hypotheses) return;
  throw UserError(fmt::format(
      "the loss '{}' returned {}, but [{}] is due: one number for each of the {} hypotheses. Mend "
      "its "
      "evaluate(), which may reduce over pixels, not over hypotheses; 'runexp plugins check {}' "
      "tries it",
      name,
      value.defined() ? fmt::format("a tensor of shape [{}]", fmt::join(value.sizes(), ", "))
                      : "no tensor",
      hypotheses,
      hypotheses,
      name));
}

}  // namespace

void check_parts_fit(const std::string& prior_name,
                     const ShapePrior& prior,
                     const std::string& renderer_name,
                     const Renderer& renderer,
                     const std::vector<WeightedLoss>& losses) {
  if (!can_be_drawn(prior, renderer))
    throw UserError(fmt::format(
        "the shape prior '{}' decodes to {}, but the renderer '{}' draws {}; choose another with "
        "renderer.plugin or shape_prior.plugin ('runexp plugins list')",
        prior_name,
        prior.decodes_to().text(),
        renderer_name,
        renderer.draws().text()));
  const std::vector<std::string> own = renderer.own_channels();
  for (const WeightedLoss& term : losses)
    for (const std::string& name : term.loss->needs().attributes) {
      if (std::find(own.begin(), own.end(), name) != own.end()) continue;
      try {
        channel_named(name);
      } catch (const UserError& error) {
        throw UserError(fmt::format(
            "the loss '{}' needs a channel that the renderer '{}' does not draw itself: {}",
            term.name,
            renderer_name,
            error.what()));
      }
    }
}

Objective::Objective(std::shared_ptr<const ShapePrior> prior,
                     std::shared_ptr<const Renderer> renderer,
                     std::vector<WeightedLoss> losses)
    : prior_(std::move(prior)), renderer_(std::move(renderer)), losses_(std::move(losses)) {
  MONODR_CHECK(!losses_.empty(), "an objective needs a loss");
  MONODR_CHECK(can_be_drawn(*prior_, *renderer_),
               "the renderer draws nothing that the prior decodes to");
  if (!renderer_->draws().surfels || prior_->decodes_to().surfels) return;
  // The mean shape says where the points lie, so that they are the same in each step and for each object.
  const DecodedShape mean = prior_->decode(at::zeros({1, prior_->shape_dimensions()}),
                                           at::zeros({1, prior_->texture_dimensions()}));
  if (mean.faces.dim() == 2)
    sampling_ = sample_surface(mean.vertices, mean.faces, renderer_->surfels_of_a_mesh());
}

StateLayout Objective::layout() const {
  return {prior_->shape_dimensions(), prior_->texture_dimensions()};
}

void Objective::add_surfels(const DecodedShape& shape,
                            const HypothesisBatch& hypothesis,
                            RenderInput& input) const {
  if (prior_->decodes_to().surfels) {
    input.surfels = posed_surfels(shape.surfels, hypothesis);
    return;
  }
  const SurfelSampling sampling =
      sampling_.faces.defined()
          ? sampling_
          : sample_surface(shape.vertices, shape.faces, renderer_->surfels_of_a_mesh());
  input.surfels = surfels_of(sampling, input.vertices, input.faces, input.colours, input.canonical);
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
  const DecodedShape& shape = result.shape;
  hypothesis.vertices = pose_vertices(
      shape.vertices.defined() ? shape.vertices : shape.surfels.positions, hypothesis);
  hypothesis.faces = shape.faces;
  RenderInput input{
      hypothesis.vertices, shape.faces, shape.colours, batch.intrinsics.index_select(0, object)};
  input.canonical = shape.vertices;
  if (renderer_->draws().surfels) add_surfels(shape, hypothesis, input);

  RenderRequest request;
  request.channels = extra;
  for (const WeightedLoss& term : losses_) request.channels = request.channels | term.loss->needs();
  request.height = static_cast<int>(batch.mask.size(-2));
  request.width = static_cast<int>(batch.mask.size(-1));
  request.progress = progress;
  result.rendering = draw(*renderer_, input, request);

  result.total = at::zeros({state.size(0)}, state.options());
  for (const WeightedLoss& term : losses_) {
    const at::Tensor value = term.loss->evaluate({batch, hypothesis, result.rendering, progress});
    check_loss_shape(term.name, value, state.size(0));
    const at::Tensor weighted = term.weight * value;
    result.total = result.total + weighted;
    result.terms.push_back(weighted.detach());
  }
  return result;
}

}  // namespace monodr
