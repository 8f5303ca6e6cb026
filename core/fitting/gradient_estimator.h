// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "fitting/objective.h"
#include "settings/fit.h"

namespace monodr {

/// The objective at rows of states; `rows` [M] says which of the fit's rows each of them stands for.
using StateObjective =
    std::function<ObjectiveValue(const at::Tensor& state, const at::Tensor& rows)>;
/// What is to become smaller, from the rows' losses [N]: a sum over what the rule makes of them.
using LossCombination = std::function<at::Tensor(const at::Tensor& losses)>;

struct StateGradient {
  ObjectiveValue value;
  at::Tensor losses;    ///< [N], no gradient
  at::Tensor gradient;  ///< [N,columns], of the combination
};

/// HOW TO ADD ONE: a value of GradientKind (settings/fit.h), a class like those below, its line in
/// make_gradient_estimator().
///
/// The gradient of the combined losses in the state. A row whose loss the combination does not depend
/// on has a gradient of 0 and does not learn.
class GradientEstimator {
 public:
  virtual ~GradientEstimator() = default;
  virtual StateGradient estimate(const at::Tensor& state,
                                 const StateObjective& objective,
                                 const LossCombination& combine) const = 0;
};

/// Through prior, renderer and losses by automatic differentiation. UserError where none of the losses
/// has a gradient.
class AutogradEstimator : public GradientEstimator {
 public:
  StateGradient estimate(const at::Tensor& state,
                         const StateObjective& objective,
                         const LossCombination& combine) const override;
};

/// By central differences over the state's columns, for a renderer that has no gradient:
///     d loss_n / d state_nc  ~  (loss(state_n + h_c e_c) - loss(state_n - h_c e_c)) / (2 h_c),
/// the way of 3D-RCNN (Kundu, Li, Rehg, CVPR 2018), with a step h_c for each column. All 2 C
/// displaced states of a row are rendered in one call, together with those of as many other rows as
/// memory allows. Losses and renderers may be of any kind; what a step costs grows with C, the number of
/// columns that may move: the others have a gradient of 0.
class CentralDifferences : public GradientEstimator {
 public:
  /// `steps` [columns], > 0: h_c (FitProblem::difference_steps). `free` [columns], bool; undefined = all.
  explicit CentralDifferences(const at::Tensor& steps, const at::Tensor& free = {});
  StateGradient estimate(const at::Tensor& state,
                         const StateObjective& objective,
                         const LossCombination& combine) const override;

 private:
  at::Tensor steps_;    ///< [columns]
  at::Tensor columns_;  ///< [C] those that are displaced
};

/// [columns]: the steps of the layout's columns.
at::Tensor difference_steps(const StateLayout& layout);

std::unique_ptr<GradientEstimator> make_gradient_estimator(GradientKind kind,
                                                           const at::Tensor& steps,
                                                           const at::Tensor& free = {});

}  // namespace monodr
