// SPDX-License-Identifier: Apache-2.0
#include "methods/short_descent.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <cmath>
#include <utility>

#include "fitting/descent.h"

namespace monodr {
namespace {

/// All rows descend, the one with the least loss is reported.
class AllDescend final : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override { return input.losses.mean(1); }
  at::Tensor reported(const at::Tensor& losses) const override {
    return std::get<1>(losses.min(1));
  }
};

FitSettings short_fit(const LearningRates& rates, int steps, int heads) {
  FitSettings fit;
  fit.rates = rates;
  fit.iterations = steps;
  fit.hypotheses = heads;
  fit.prune_steps = {};
  fit.prune_keep = {};
  for (const auto& [thirds, keep] : {std::pair{1, (heads + 1) / 2}, std::pair{2, 2}})
    if (thirds * steps >= 3 && keep < heads) {
      fit.prune_steps.push_back(std::ceil(thirds * steps / 3.0));
      fit.prune_keep.push_back(keep);
    }
  return fit;
}

}  // namespace

at::Tensor headings_after_descent(const Objective& objective,
                                  const LearningRates& rates,
                                  int steps,
                                  const at::Tensor& states,
                                  const ObservationBatch& batch) {
  const at::AutoGradMode gradients(true);
  const auto heads = static_cast<int>(states.size(0) / batch.count());
  const FitSettings fit = short_fit(rates, steps, heads);
  Starts starts;
  starts.state = states.detach().clone();
  at::Tensor headings;
  const FitObserver observe = [&](const FitSnapshot& now) {
    if (now.step == steps) headings = now.state.select(1, StateLayout::kHeading).clone();
  };
  const SingleViews problem(batch, objective);
  const AllDescend rule;
  Descent descent(problem, rule, fit, starts, observe);
  LossCurve curve;
  for (int step = 0; step < steps; ++step) descent.step(step, curve);
  descent.choose();
  return headings;
}

}  // namespace monodr
