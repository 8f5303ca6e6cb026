// SPDX-License-Identifier: Apache-2.0
#include "fitting/fit.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "fitting/confidence.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

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
    const double certainty = settings.confidence.score ? observations[i].score : 1;
    fitted.score = certainty * confidence.select(0, row).item<double>();
    fitted.failure = descent.failure(row);
    result.objects.push_back(std::move(fitted));
  }
  result.failed_hypotheses = descent.failed_hypotheses();
  result.renders = descent.renders();
  return result;
}

}  // namespace monodr
