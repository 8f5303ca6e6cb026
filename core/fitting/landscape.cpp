// SPDX-License-Identifier: Apache-2.0
#include "fitting/landscape.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "fitting/adam.h"
#include "fitting/gradient_estimator.h"

namespace monodr {
namespace {

/// All but the heading descends on its own loss; rates fall off as those of a fit.
void follow_headings(const Objective& objective,
                     const ObservationBatch& batch,
                     const at::Tensor& object,
                     const at::Tensor& texture,
                     const LandscapeSettings& settings,
                     at::Tensor& state) {
  LearningRates rates = settings.rates;
  rates.heading = 0;
  Adam adam(state, objective.layout().learning_rates(rates));
  const auto estimator =
      make_gradient_estimator(settings.gradient, difference_steps(objective.layout()));
  for (int step = 0; step < settings.steps; ++step) {
    const StateGradient found = estimator->estimate(
        state,
        [&](const at::Tensor& states, const at::Tensor& rows) {
          return objective.evaluate(
              states, object.index_select(0, rows), texture.index_select(0, rows), batch, 1);
        },
        [](const at::Tensor& losses) { return losses; });
    const at::NoGradGuard no_gradient;
    const at::Tensor gradient = found.gradient.nan_to_num(0, 0, 0);
    const at::Tensor all = at::ones({state.size(0), 1}, at::kBool);
    adam.step(state, gradient, all, 0.55 + 0.45 * std::cos(M_PI * step / settings.steps));
  }
}

}  // namespace

std::vector<HeadingLandscape> loss_over_heading(const Objective& objective,
                                                const ObservationBatch& batch,
                                                const at::Tensor& state,
                                                const at::Tensor& initial_texture,
                                                const LandscapeSettings& settings) {
  MONODR_CHECK(state.size(0) == batch.count(), "one state an object");
  const int64_t headings = settings.headings;
  at::Tensor circle = at::empty({headings}, at::kFloat);
  for (int64_t i = 0; i < headings; ++i)
    circle.select(0, i).fill_(2 * M_PI * static_cast<double>(i) / static_cast<double>(headings) -
                              M_PI);
  at::Tensor turned = state.detach().repeat_interleave(headings, 0);
  turned.select(1, StateLayout::kHeading).copy_(circle.repeat({batch.count()}));
  const at::Tensor object = at::arange(batch.count(), at::kLong).repeat_interleave(headings);
  const at::Tensor texture = initial_texture.repeat_interleave(headings, 0);
  follow_headings(objective, batch, object, texture, settings, turned);

  const at::NoGradGuard no_gradient;
  const at::Tensor losses = objective.evaluate(turned, object, texture, batch, 1)
                                .total.to(at::kDouble)
                                .view({batch.count(), headings})
                                .contiguous();
  std::vector<HeadingLandscape> landscapes;
  for (int64_t b = 0; b < batch.count(); ++b) {
    HeadingLandscape landscape;
    const double* row = losses.data_ptr<double>() + b * headings;
    landscape.loss.assign(row, row + headings);
    for (int64_t i = 0; i < headings; ++i)
      landscape.heading.push_back(
          2 * M_PI * static_cast<double>(i) / static_cast<double>(headings) - M_PI);
    landscapes.push_back(std::move(landscape));
  }
  return landscapes;
}

std::vector<size_t> local_minima(const std::vector<double>& circle, double prominence) {
  std::vector<size_t> minima;
  if (circle.empty()) return minima;
  const size_t count = circle.size();
  const auto [low, high] = std::minmax_element(circle.begin(), circle.end());
  const double enough = prominence * (*high - *low);
  // The rise that has to be climbed from i in steps of `stride` before it goes lower than there.
  const auto rise = [&](size_t i, size_t stride) {
    double highest = circle[i];
    for (size_t k = 1; k < count; ++k) {
      const double value = circle[(i + k * stride) % count];
      if (value < circle[i]) break;
      highest = std::max(highest, value);
    }
    return highest - circle[i];
  };
  for (size_t i = 0; i < count; ++i) {
    const size_t backwards = count - 1;
    if (!(circle[i] < circle[(i + backwards) % count])) continue;
    const double climb = std::min(rise(i, 1), rise(i, backwards));
    if (climb > 0 && climb >= enough) minima.push_back(i);
  }
  return minima;
}

}  // namespace monodr
