// SPDX-License-Identifier: Apache-2.0
#include "fitting/fit.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <cmath>

#include "fitting/acceptance.h"
#include "fitting/confidence.h"
#include "fitting/fitted_object.h"
#include "fitting/heading_modes.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"

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

/// The headings of an object as the picture of one of its observations has them. `modes` are of another picture, `own` is
/// where the reported one is in this: the others keep their place beside it.
std::vector<HeadingMode> modes_beside(std::vector<HeadingMode> modes, const FittedObject& own) {
  if (modes.empty()) return modes;
  const HeadingMode reported = modes.front();
  const double turned = own.box.rotation_y - reported.box.rotation_y;
  for (HeadingMode& mode : modes) {
    mode.box.location =
        own.box.location + yaw_matrix(turned) * (mode.box.location - reported.box.location);
    mode.box.rotation_y = wrap_angle(mode.box.rotation_y + turned);
    mode.alpha = wrap_angle(mode.alpha - reported.alpha + own.alpha);
  }
  return modes;
}

FitResult descended(const std::vector<Observation>& observations,
                    const ObservationBatch& batch,
                    const FitProblem& problem,
                    const Starts& starts,
                    const Rule& rule,
                    const FitSettings& settings,
                    const FitProgress& progress,
                    const FitObserver& observe) {
  FitResult result;
  result.starts_without_detection = starts.without_detection;
  Descent descent(problem, rule, settings, starts, observe);
  for (int step = 0; step < settings.iterations; ++step) {
    descent.step(step, result.curve);
    if (progress) progress(static_cast<double>(step + 1) / settings.iterations);
  }
  descent.choose();
  const ObjectiveValue last = descent.final_evaluation();
  const at::NoGradGuard no_gradient;
  std::vector<int64_t> objects;
  for (size_t i = 0; i < observations.size(); ++i)
    objects.push_back(problem.object_of(static_cast<int64_t>(i)));
  const at::Tensor agreement = descent.agreement().index_select(0, at::tensor(objects, at::kLong));
  const ConfidenceFactors factors = confidence_factors(last, batch);
  const at::Tensor confidence = self_consistency(settings.confidence, factors, agreement);
  std::vector<int64_t> told(static_cast<size_t>(problem.objects()), 0);
  for (const int64_t object : objects) ++told[static_cast<size_t>(object)];
  for (size_t i = 0; i < observations.size(); ++i) {
    const int64_t row = static_cast<int64_t>(i), object = objects[i];
    FittedObject fitted = fitted_object(observations[i], last, row);
    const double certainty = settings.confidence.score ? observations[i].score : 1;
    fitted.score = certainty * confidence.select(0, row).item<double>();
    fitted.failure = descent.failure(object);
    fitted.modes = descent.modes(object);
    for (HeadingMode& mode : fitted.modes) mode.box.location -= observations[i].camera.offset;
    if (told[static_cast<size_t>(object)] > 1)
      fitted.modes = modes_beside(std::move(fitted.modes), fitted);
    if (settings.iterations == 0 && starts.heading.defined() && fitted.failure.empty())
      fitted.modes = heading_modes_said(starts.heading.select(0, object),
                                        fitted.box,
                                        fitted.alpha,
                                        last.total.select(0, row).item<double>(),
                                        settings.heading_temperature);
    fitted.agreement = agreement.select(0, row).item<double>();
    result.objects.push_back(std::move(fitted));
  }
  refuse_results(settings.acceptance, batch, last, factors.mask, result.objects);
  result.failed_hypotheses = descent.failed_hypotheses();
  result.renders = descent.renders();
  result.coordinates = batch.coordinates;
  return result;
}

/// Keeps what was said of each picture, log-probabilities [objects,bins]. Number by number: an object's have the same bits
/// whatever stands beside it.
void keep_distributions(const at::Tensor& said, std::vector<FittedObject>& objects) {
  if (!said.defined()) return;
  const at::Tensor rows = said.to(at::kFloat).contiguous();
  const int64_t bins = rows.size(1);
  for (size_t i = 0; i < objects.size(); ++i) {
    const float* row = rows.data_ptr<float>() + static_cast<int64_t>(i) * bins;
    for (int64_t bin = 0; bin < bins; ++bin)
      objects[i].heading_distribution.push_back(static_cast<float>(std::exp(double{row[bin]})));
  }
}

/// `tracks` null: each observation is an object by itself.
FitResult fit(const std::vector<Observation>& observations,
              const std::vector<Track>* tracks,
              const Objective& objective,
              const Rule& rule,
              const FitSettings& settings,
              const Initialiser& initialiser,
              const FitProgress& progress,
              const FitObserver& observe) {
  if (observations.empty()) return {};
  ObservationBatch batch =
      make_observation_batch(observations, settings.size_mean, settings.size_deviation);
  const StateLayout layout = objective.layout();
  const Starts single = initialiser.start(observations, batch, objective.prior(), layout, settings);
  batch.coordinates = single.coordinates;
  FitResult result;
  if (tracks == nullptr) {
    const SingleViews problem(batch, objective);
    result = descended(observations, batch, problem, single, rule, settings, progress, observe);
  } else {
    const Starts starts = track_starts(single, observations, batch, *tracks, layout, settings);
    const TrackViews problem(batch, objective, observations, *tracks);
    result = descended(observations, batch, problem, starts, rule, settings, progress, observe);
  }
  keep_distributions(single.heading, result.objects);
  return result;
}

}  // namespace

FitResult fit_objects(const std::vector<Observation>& observations,
                      const Objective& objective,
                      const Rule& rule,
                      const FitSettings& settings,
                      const Initialiser& initialiser,
                      const FitProgress& progress,
                      const FitObserver& observe) {
  return fit(observations, nullptr, objective, rule, settings, initialiser, progress, observe);
}

FitResult fit_tracks(const std::vector<Observation>& observations,
                     const std::vector<Track>& tracks,
                     const Objective& objective,
                     const Rule& rule,
                     const FitSettings& settings,
                     const Initialiser& initialiser,
                     const FitProgress& progress,
                     const FitObserver& observe) {
  return fit(observations, &tracks, objective, rule, settings, initialiser, progress, observe);
}

}  // namespace monodr
