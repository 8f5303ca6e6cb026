// SPDX-License-Identifier: Apache-2.0
#include "fitting/fit.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "fitting/acceptance.h"
#include "fitting/confidence.h"
#include "fitting/fitted_object.h"
#include "fitting/heading_modes.h"
#include "fitting/observation_batch.h"

namespace monodr {
namespace {

/// [B]: the product of the factors that are switched on.
at::Tensor self_consistency(const ConfidenceSettings& settings,
                            const ConfidenceFactors& factors,
                            const at::Tensor& agreement) {
  at::Tensor product = at::ones_like(agreement);
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
                      const Initialiser& initialiser,
                      const FitProgress& progress,
                      const FitObserver& observe) {
  FitResult result;
  if (observations.empty()) return result;
  const ObservationBatch batch =
      make_observation_batch(observations, settings.size_mean, settings.size_deviation);
  const Starts starts =
      initialiser.start(observations, batch, objective.prior(), objective.layout(), settings);
  result.starts_without_detection = starts.without_detection;
  Descent descent(batch, objective, rule, settings, starts, observe);
  for (int step = 0; step < settings.iterations; ++step) {
    descent.step(step, result.curve);
    if (progress) progress(static_cast<double>(step + 1) / settings.iterations);
  }
  descent.choose();
  const ObjectiveValue last = descent.final_evaluation();
  const at::NoGradGuard no_gradient;
  const ConfidenceFactors factors = confidence_factors(last, batch);
  const at::Tensor confidence = self_consistency(settings.confidence, factors, descent.agreement());
  for (size_t i = 0; i < observations.size(); ++i) {
    const int64_t row = static_cast<int64_t>(i);
    FittedObject fitted = fitted_object(observations[i], last, row);
    const double certainty = settings.confidence.score ? observations[i].score : 1;
    fitted.score = certainty * confidence.select(0, row).item<double>();
    fitted.failure = descent.failure(row);
    fitted.modes = descent.modes(row);
    for (HeadingMode& mode : fitted.modes) mode.box.location -= observations[i].camera.offset;
    if (settings.iterations == 0 && starts.heading.defined() && fitted.failure.empty())
      fitted.modes = heading_modes_said(starts.heading.select(0, row),
                                        fitted.box,
                                        fitted.alpha,
                                        last.total.select(0, row).item<double>(),
                                        settings.heading_temperature);
    fitted.agreement = descent.agreement().select(0, row).item<double>();
    result.objects.push_back(std::move(fitted));
  }
  refuse_results(settings.acceptance, batch, last, factors.mask, result.objects);
  result.failed_hypotheses = descent.failed_hypotheses();
  result.renders = descent.renders();
  return result;
}

}  // namespace monodr
