// SPDX-License-Identifier: Apache-2.0
#include "fitting/gradient_estimator.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace monodr {
namespace {

/// Displaced states in one call. What is kept of a state, its mesh included, is about 0.3 MB at 64 x 64 pixels: of four times as
/// many a cell of `3d_rcnn` held 1.6 GB in place of 0.8, and took a third more time.
constexpr int64_t kStatesACall = 1024;

at::Tensor all_rows(const at::Tensor& state) {
  return at::arange(state.size(0), at::kLong);
}

}  // namespace

StateGradient AutogradEstimator::estimate(const at::Tensor& state,
                                          const StateObjective& objective,
                                          const LossCombination& combine) const {
  const at::Tensor leaf = state.detach().requires_grad_(true);
  StateGradient result;
  result.value = objective(leaf, all_rows(state));
  if (!result.value.total.requires_grad())
    throw UserError(
        "no loss depends on the hypotheses in a way that autograd could follow: the renderer has "
        "no "
        "gradient; set fit.gradient = \"central_differences\", or take another renderer");
  combine(result.value.total).sum().backward();
  result.losses = result.value.total.detach();
  result.gradient = leaf.grad();
  return result;
}

at::Tensor difference_steps(const StateLayout& layout) {
  // About half a pixel of a 64 px crop, one percent of range and size, a degree, a tenth of a code's deviation:
  // large enough that a hard silhouette changes, small beside the valleys of the losses.
  at::Tensor steps = at::empty({layout.columns()}, at::kFloat);
  steps.slice(0, StateLayout::kPosition, StateLayout::kDepth).fill_(0.015);
  steps.slice(0, StateLayout::kDepth, StateLayout::kHeading).fill_(0.01);
  steps.slice(0, StateLayout::kHeading, StateLayout::kShape).fill_(0.02);
  steps.slice(0, StateLayout::kShape).fill_(0.1);
  return steps;
}

CentralDifferences::CentralDifferences(const at::Tensor& steps, const at::Tensor& free)
    : steps_(steps),
      columns_(free.defined() ? free.nonzero().squeeze(1) : at::arange(steps.size(0), at::kLong)) {
  MONODR_CHECK(!free.defined() || free.size(0) == steps.size(0),
               "{} columns have a step, but {} may move or not",
               steps.size(0),
               free.size(0));
}

StateGradient CentralDifferences::estimate(const at::Tensor& state,
                                           const StateObjective& objective,
                                           const LossCombination& combine) const {
  StateGradient result;
  const int64_t columns = state.size(1), moved = columns_.size(0);
  at::Tensor slopes = at::zeros_like(state);
  {
    const at::NoGradGuard no_gradient;
    result.value = objective(state, all_rows(state));
    result.losses = result.value.total;
    const at::Tensor moves = at::diag(steps_).index_select(0, columns_);  // [C,columns]
    const at::Tensor both = at::stack({moves, -moves}, 0).unsqueeze(0);
    std::vector<at::Tensor> parts;
    const int64_t rows_a_call =
        std::max<int64_t>(1, kStatesACall / std::max<int64_t>(1, 2 * moved));
    for (const at::Tensor& part : all_rows(state).split(rows_a_call)) {
      if (moved == 0) break;
      const at::Tensor centres = state.detach().index_select(0, part).view({-1, 1, 1, columns});
      const at::Tensor losses =
          objective((centres + both).view({-1, columns}), part.repeat_interleave(2 * moved))
              .total.view({-1, 2, moved});
      parts.push_back((losses.select(1, 0) - losses.select(1, 1)) /
                      (2 * steps_.index_select(0, columns_)));
    }
    if (moved > 0) slopes.index_copy_(1, columns_, at::cat(parts));
  }
  // What the rule makes of a row's loss is the row's share of the gradient.
  const at::Tensor leaf = result.losses.detach().clone().requires_grad_(true);
  combine(leaf).sum().backward();
  result.gradient = leaf.grad().unsqueeze(1) * slopes;
  return result;
}

std::unique_ptr<GradientEstimator> make_gradient_estimator(GradientKind kind,
                                                           const at::Tensor& steps,
                                                           const at::Tensor& free) {
  if (kind == GradientKind::autograd) return std::make_unique<AutogradEstimator>();
  return std::make_unique<CentralDifferences>(steps, free);
}

}  // namespace monodr
