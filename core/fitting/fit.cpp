// SPDX-License-Identifier: Apache-2.0
#include "fitting/fit.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "fitting/adam.h"
#include "fitting/confidence.h"
#include "fitting/initialise.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

/// Large enough to lose against any real hypothesis, small enough to stay finite in a mean.
constexpr double kFailedLoss = 1e6;

/// The hypotheses of one batch of objects on their way down.
class Descent {
 public:
  Descent(const ObservationBatch& batch,
          const Objective& objective,
          const Rule& rule,
          const FitSettings& settings)
      : batch_(batch),
        objective_(objective),
        rule_(rule),
        settings_(settings),
        per_object_(settings.hypotheses),
        state_(initial_state(batch, objective.prior(), objective.layout(), settings)),
        object_(at::arange(batch.count(), at::kLong).repeat_interleave(per_object_)),
        initial_texture_(state_.slice(1, objective.layout().texture()).clone()),
        failed_(at::zeros({state_.size(0)}, at::kBool)),
        adam_(state_, objective.layout().learning_rates(settings.rates)) {}

  /// One gradient step; adds to the curve.
  void step(int index, LossCurve& curve) {
    const double share = static_cast<double>(index) / std::max(1, settings_.iterations - 1);
    const at::Tensor leaf = state_.detach().requires_grad_(true);
    const Evaluation evaluation =
        objective_.evaluate(leaf, object_, initial_texture_, batch_, share);
    const at::Tensor losses = without_failed(evaluation.total);
    rule_.combine({losses.view({-1, per_object_}), index, settings_.iterations}).sum().backward();

    const at::NoGradGuard no_gradient;
    at::Tensor gradient = leaf.grad();
    const at::Tensor finite =
        gradient.isfinite().all(1).logical_and(evaluation.total.detach().isfinite());
    failed_ = failed_.logical_or(finite.logical_not());
    // A hypothesis without gradient (a loser under hindsight) rests; momentum must not carry it on.
    const at::Tensor learns = gradient.abs().sum(1).ne(0).logical_and(failed_.logical_not());
    adam_.step(state_, gradient, learns, decay(share));
    constexpr double kLargestCode = 2.5;  // codes beyond were never seen in training
    state_.slice(1, StateLayout::kShape, objective_.layout().texture())
        .clamp_(-kLargestCode, kLargestCode);
    record(losses.detach(), evaluation, curve);
    prune_after(index, losses.detach());
  }

  /// The state of the reported hypothesis of each object, judged anew after the last step.
  void choose() {
    const at::NoGradGuard no_gradient;
    const Evaluation last = objective_.evaluate(state_, object_, initial_texture_, batch_, 1);
    failed_ = failed_.logical_or(last.total.isfinite().logical_not());
    const at::Tensor losses = without_failed(last.total).view({-1, per_object_});
    const at::Tensor winner = rule_.reported(losses);
    agreement_ = agreement(last.hypothesis.rotation_y.view({-1, per_object_}), winner);
    failed_hypotheses_ += failed_.sum().item<int64_t>();
    keep(winner + at::arange(batch_.count(), at::kLong) * per_object_, 1);
  }

  /// All that is known of the chosen states.
  Evaluation final_evaluation() const {
    const at::NoGradGuard no_gradient;
    Channels all{true, true, false};
    return objective_.evaluate(state_, object_, initial_texture_, batch_, 1, all);
  }

  const at::Tensor& failed() const { return failed_; }
  const at::Tensor& agreement() const { return agreement_; }
  int failed_hypotheses() const { return static_cast<int>(failed_hypotheses_); }

 private:
  /// Cosine from 1 to 0.1.
  static double decay(double share) { return 0.55 + 0.45 * std::cos(M_PI * share); }

  at::Tensor without_failed(const at::Tensor& losses) const {
    const at::Tensor bad = failed_.logical_or(losses.detach().isfinite().logical_not());
    return losses.masked_fill(bad, kFailedLoss);
  }

  void keep(const at::Tensor& rows, int64_t per_object) {
    state_ = state_.index_select(0, rows);
    object_ = object_.index_select(0, rows);
    initial_texture_ = initial_texture_.index_select(0, rows);
    failed_ = failed_.index_select(0, rows);
    adam_.keep(rows);
    per_object_ = per_object;
  }

  void prune_after(int index, const at::Tensor& losses) {
    for (const Pruning& pruning : settings_.prunings) {
      if (pruning.step != index + 1 || pruning.keep >= per_object_) continue;
      const at::Tensor order = std::get<1>(losses.view({-1, per_object_}).sort(1));
      const at::Tensor first = at::arange(batch_.count(), at::kLong).unsqueeze(1) * per_object_;
      const at::Tensor rows = order.slice(1, 0, pruning.keep) + first;
      failed_hypotheses_ += failed_.sum().item<int64_t>() -
                            failed_.index_select(0, rows.flatten()).sum().item<int64_t>();
      keep(rows.flatten(), pruning.keep);
    }
  }

  void record(const at::Tensor& losses, const Evaluation& evaluation, LossCurve& curve) const {
    const auto [best, winner] = losses.view({-1, per_object_}).min(1);
    curve.total.push_back(best.mean().item<double>());
    curve.terms.resize(evaluation.terms.size());
    for (size_t i = 0; i < evaluation.terms.size(); ++i)
      curve.terms[i].push_back(evaluation.terms[i]
                                   .view({-1, per_object_})
                                   .gather(1, winner.unsqueeze(1))
                                   .mean()
                                   .item<double>());
  }

  static at::Tensor agreement(const at::Tensor& rotation, const at::Tensor& winner) {
    const at::Tensor difference = rotation - rotation.gather(1, winner.unsqueeze(1));
    return (difference.cos() > std::cos(M_PI / 6)).to(at::kFloat).mean(1);
  }

  const ObservationBatch& batch_;
  const Objective& objective_;
  const Rule& rule_;
  const FitSettings& settings_;
  int64_t per_object_;
  at::Tensor state_, object_, initial_texture_, failed_, agreement_;
  Adam adam_;
  int64_t failed_hypotheses_ = 0;
};

std::vector<float> row_of(const at::Tensor& matrix, int64_t row) {
  const at::Tensor values = matrix.select(0, row).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

Mesh posed_mesh(const Evaluation& evaluation, int64_t row, const Eigen::Vector3d& camera_offset) {
  DecodedShape posed = evaluation.shape;
  posed.vertices = evaluation.hypothesis.vertices;
  Mesh mesh = mesh_of(posed, row);
  for (Eigen::Vector3f& v : mesh.vertices) v -= camera_offset.cast<float>();
  return mesh;
}

FittedObject fitted_object(const Observation& observation,
                           const Evaluation& evaluation,
                           int64_t row) {
  FittedObject fitted;
  fitted.frame = observation.frame;
  fitted.object = observation.object;
  const std::vector<float> location = row_of(evaluation.hypothesis.location, row);
  const std::vector<float> dimensions = row_of(evaluation.hypothesis.dimensions, row);
  const Eigen::Vector3d in_camera(location[0], location[1], location[2]);
  fitted.box.location = in_camera - observation.camera.offset;
  fitted.box.height = dimensions[0];
  fitted.box.width = dimensions[1];
  fitted.box.length = dimensions[2];
  fitted.box.rotation_y =
      wrap_angle(evaluation.hypothesis.rotation_y.select(0, row).item<double>());
  fitted.alpha = alpha_from_rotation_y(fitted.box.rotation_y, in_camera.x(), in_camera.z());
  fitted.loss = evaluation.total.select(0, row).item<double>();
  for (const at::Tensor& term : evaluation.terms)
    fitted.loss_terms.push_back(term.select(0, row).item<double>());
  fitted.shape_code = row_of(evaluation.hypothesis.shape_code, row);
  fitted.texture_code = row_of(evaluation.hypothesis.texture_code, row);
  fitted.mesh = posed_mesh(evaluation, row, observation.camera.offset);
  return fitted;
}

/// [B]: the product of the factors that are switched on.
at::Tensor self_consistency(const ConfidenceSettings& settings,
                            const Evaluation& evaluation,
                            const ObservationBatch& batch,
                            const at::Tensor& agreement) {
  const ConfidenceFactors factors = confidence_factors(evaluation, batch);
  at::Tensor product = at::ones({batch.count()}, at::kFloat);
  if (settings.mask) product = product * factors.mask;
  if (settings.depth) product = product * factors.depth;
  if (settings.agreement) product = product * agreement;
  if (settings.range) product = product * factors.range;
  return product;
}

}  // namespace

FitResult fit_objects(const std::vector<Observation>& observations,
                      const Objective& objective,
                      const Rule& rule,
                      const FitSettings& settings,
                      const FitProgress& progress) {
  FitResult result;
  if (observations.empty()) return result;
  const ObservationBatch batch =
      make_observation_batch(observations, settings.size_mean, settings.size_deviation);
  Descent descent(batch, objective, rule, settings);
  for (int step = 0; step < settings.iterations; ++step) {
    descent.step(step, result.curve);
    if (progress) progress(static_cast<double>(step + 1) / settings.iterations);
  }
  descent.choose();
  const Evaluation last = descent.final_evaluation();
  const at::NoGradGuard no_gradient;
  const at::Tensor confidence =
      self_consistency(settings.confidence, last, batch, descent.agreement());
  for (size_t i = 0; i < observations.size(); ++i) {
    const int64_t row = static_cast<int64_t>(i);
    FittedObject fitted = fitted_object(observations[i], last, row);
    fitted.score = observations[i].score * confidence.select(0, row).item<double>();
    if (descent.failed().select(0, row).item<bool>())
      fitted.failure = "no hypothesis kept a finite loss and gradient";
    result.objects.push_back(std::move(fitted));
  }
  result.failed_hypotheses = descent.failed_hypotheses();
  return result;
}

}  // namespace monodr
