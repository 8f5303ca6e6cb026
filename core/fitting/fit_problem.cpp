// SPDX-License-Identifier: Apache-2.0
#include "fitting/fit_problem.h"

#include <ATen/Functions.h>

#include "fitting/gradient_estimator.h"

namespace monodr {

ObjectiveValue SingleViews::evaluate(const at::Tensor& state,
                                     const at::Tensor& object,
                                     const at::Tensor& initial_texture,
                                     double progress) const {
  return objective_.evaluate(state, object, initial_texture, batch_, progress);
}

HypothesisBatch SingleViews::hypotheses(const at::Tensor& state, const at::Tensor& object) const {
  return hypotheses_from_state(state, object, objective_.layout(), batch_);
}

ObjectiveValue SingleViews::in_each_picture(const at::Tensor& state,
                                            const at::Tensor& initial_texture) const {
  return objective_.evaluate(state,
                             at::arange(batch_.count(), at::kLong),
                             initial_texture,
                             batch_,
                             1,
                             {true, true, false});
}

at::Tensor SingleViews::learning_rates(const LearningRates& rates) const {
  return objective_.layout().learning_rates(rates);
}

at::Tensor SingleViews::difference_steps() const {
  return monodr::difference_steps(objective_.layout());
}

}  // namespace monodr
