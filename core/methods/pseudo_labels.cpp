// SPDX-License-Identifier: Apache-2.0
#include "methods/pseudo_labels.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "fitting/fit.h"
#include "methods/fit_pipeline.h"

namespace monodr {
namespace {

constexpr std::size_t kBlock = 64;  // objects that are fitted at once

KnownState state_of(const FittedObject& fit, const Camera& camera) {
  KnownState state;
  state.centre = fit.box.location + camera.offset;
  state.centre.y() -= fit.box.height / 2;
  state.dimensions = {fit.box.height, fit.box.width, fit.box.length};
  state.alpha = fit.alpha;
  return state;
}

bool bears_itself_out(const FittedObject& fit, const TrainSettings& train) {
  const bool sure = fit.modes.empty() || fit.modes.front().probability >= train.accept_heading;
  return fit.failure.empty() && fit.score >= train.accept_consistency && sure;
}

}  // namespace

void find_pseudo_labels(std::vector<TrainingExample>& examples,
                        const Objective& objective,
                        const Rule& rule,
                        FitSettings fit,
                        const CellSettings& settings,
                        const std::shared_ptr<const Predictor>& predictor,
                        const std::function<void(double share)>& progress) {
  // The score is then the fit's consistency with its own evidence.
  fit.confidence = {
      .score = false, .mask = true, .depth = true, .agreement = false, .range = false};
  std::unique_ptr<Initialiser> initialiser = make_initialiser(fit, settings.category);
  if (predictor != nullptr) {
    initialiser = make_initialiser(fit, settings.category, predictor, settings.predictor);
    // No louder than the fit's own evidence: a network that chose its own labels would learn what it believes already.
    fit.heading_weight = std::min(1.0, settings.predictor.heading_weight);
  }
  for (std::size_t begin = 0; begin < examples.size(); begin += kBlock) {
    const std::size_t end = std::min(examples.size(), begin + kBlock);
    std::vector<Observation> observations;
    for (std::size_t i = begin; i < end; ++i)
      observations.push_back(cut(examples[i], {}, settings.renderer.image_size));
    const FitResult result = fit_objects(observations, objective, rule, fit, *initialiser);
    for (std::size_t i = begin; i < end; ++i) {
      const FittedObject& found = result.objects[i - begin];
      examples[i].known_state.reset();
      if (bears_itself_out(found, settings.train))
        examples[i].known_state = state_of(found, observations[i - begin].camera);
    }
    progress(static_cast<double>(end) / static_cast<double>(examples.size()));
  }
}

at::Tensor as_table(const std::vector<TrainingExample>& examples) {
  at::Tensor table =
      at::full({static_cast<int64_t>(examples.size()), 7}, std::nan(""), at::kDouble);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (!examples[i].known_state) continue;
    const KnownState& state = *examples[i].known_state;
    double* row = table.data_ptr<double>() + 7 * i;
    for (int axis = 0; axis < 3; ++axis) row[axis] = state.centre[axis];
    std::copy(state.dimensions.begin(), state.dimensions.end(), row + 3);
    row[6] = state.alpha;
  }
  return table;
}

void take_states(const at::Tensor& table, std::vector<TrainingExample>& examples) {
  const at::Tensor rows =
      take_array({{"states", table}}, "states", {static_cast<int64_t>(examples.size()), 7});
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const double* row = rows.data_ptr<double>() + 7 * i;
    examples[i].known_state.reset();
    if (std::isnan(row[0])) continue;
    KnownState state;
    state.centre = {row[0], row[1], row[2]};
    state.dimensions = {row[3], row[4], row[5]};
    state.alpha = row[6];
    examples[i].known_state = state;
  }
}

}  // namespace monodr
