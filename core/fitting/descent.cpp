// SPDX-License-Identifier: Apache-2.0
#include "fitting/descent.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "fitting/heading_distribution.h"
#include "fitting/search.h"
#include "geometry/depth_limits.h"

namespace monodr {
namespace {

/// Large enough to lose against any real hypothesis, small enough to stay finite in a mean.
constexpr double kFailedLoss = 1e6;

/// What failed; a number below stands for the loss of that index.
constexpr int64_t kGradient = 1000, kDiverged = 1001;

constexpr double kSameHeading = 15 * M_PI / 180;  // hypotheses so near share a valley
constexpr double kLargestCode = 2.5;              // codes beyond were never seen in training
constexpr double kSteepest = 15 * M_PI / 180;     // pitch and roll of a car on a road
constexpr double kLargestFactor = 5;              // of a dimension over the class mean

/// Cosine from 1 to `end`.
double decay(double share, double end) {
  return (1 + end) / 2 + (1 - end) / 2 * std::cos(M_PI * share);
}

/// [B,K] losses, by which hypotheses are ranked for pruning: one that has run into the valley of a
/// better one has nothing to add and comes after all others but those that failed.
at::Tensor ranking_losses(const at::Tensor& losses, const at::Tensor& headings) {
  const at::Tensor apart = headings.unsqueeze(2) - headings.unsqueeze(1);
  const at::Tensor better = losses.unsqueeze(1) < losses.unsqueeze(2);  // [b,i,j]: j than i
  const at::Tensor same = apart.cos().gt(std::cos(kSameHeading));
  return losses + 0.5 * kFailedLoss * same.logical_and(better).any(2);
}

at::Tensor texture_codes(const at::Tensor& state, const StateLayout& layout) {
  return state.slice(1, layout.texture(), layout.columns());
}

at::Tensor first_rows(int64_t groups, int64_t size) {
  return at::arange(groups, at::kLong) * size;
}

}  // namespace

Descent::Descent(const FitProblem& problem,
                 const Rule& rule,
                 const FitSettings& settings,
                 const Starts& starts,
                 const FitObserver& observe)
    : problem_(problem),
      rule_(rule),
      settings_(settings),
      observe_(observe),
      prunings_(settings.prunings()),
      per_object_(settings.hypotheses),
      state_(starts.state),
      object_(at::arange(problem.objects(), at::kLong).repeat_interleave(per_object_)),
      initial_texture_(texture_codes(state_, problem.objective().layout()).clone()),
      heading_(settings.heading_weight > 0 ? starts.heading : at::Tensor()),
      failed_(at::zeros({state_.size(0)}, at::kBool)),
      reason_(at::zeros({state_.size(0)}, at::kLong)),
      failed_at_(at::zeros({state_.size(0)}, at::kLong)),
      adam_(state_, problem.learning_rates(settings.rates)) {}

/// Which columns of the state may move from now on.
void Descent::begin_stage(int step) {
  free_ = problem_.learning_rates(settings_.rates_at(step)).gt(0);
  gradient_estimator_ =
      make_gradient_estimator(settings_.gradient, problem_.difference_steps(), free_);
}

void Descent::step(int index, LossCurve& curve) {
  if (index == 0 ||
      std::count(settings_.stage_steps.begin(), settings_.stage_steps.end(), index) > 0)
    begin_stage(index);
  const Exploration& exploration = settings_.exploration;
  if (exploration.every > 0 && index > 0 && index % exploration.every == 0 && branches_ == 1 &&
      index + exploration.trial_steps <= settings_.iterations)
    branch(index);

  const double share = static_cast<double>(index) / std::max(1, settings_.iterations - 1);
  const StateGradient step = gradient_estimator_->estimate(
      state_,
      [&](const at::Tensor& state, const at::Tensor& rows) { return evaluate(state, rows, share); },
      [&](const at::Tensor& totals) { return combined(without_failed(totals), index); });
  const at::NoGradGuard no_gradient;
  const at::Tensor losses = without_failed(step.losses);
  if (observe_) observe_({index, state_, object_, initial_texture_, losses});
  note_failures(index, step.value, step.gradient);
  learn(step.gradient, decay(share, settings_.rate_end));
  note_divergence(index);
  record(losses, step.value, curve);
  const at::Tensor so_far = judged(without_failed(losses));
  if (branches_ > 1) {
    if (index + 1 >= settle_after_) settle(so_far);
  } else {
    prune(index + 1, so_far);
  }
}

/// [N] losses and what is known of the headings beside them.
at::Tensor Descent::judged(const at::Tensor& losses) const {
  if (!heading_.defined()) return losses;
  const at::Tensor surprise =
      -heading_log_probability(heading_, object_, state_.select(1, StateLayout::kHeading));
  return losses + settings_.heading_weight * settings_.heading_temperature * surprise;
}

at::Tensor Descent::combined(const at::Tensor& losses, int index) const {
  const at::Tensor by_object = losses.view({-1, per_object_});
  // A rule that starves losers would judge the branches before they have descended.
  return branches_ > 1 ? by_object.mean(1)
                       : rule_.combine({by_object, index, settings_.iterations});
}

void Descent::choose() {
  const at::NoGradGuard no_gradient;
  const ObjectiveValue last = evaluate(state_, at::arange(state_.size(0), at::kLong), 1);
  note_failures(settings_.iterations, last, at::zeros_like(state_));
  const at::Tensor own = without_failed(last.total);
  const at::Tensor losses = judged(own).view({-1, per_object_});
  const at::Tensor winner = rule_.reported(losses);
  const at::Tensor rotation = last.hypothesis.rotation_y.view({-1, per_object_});
  const at::Tensor difference = rotation - rotation.gather(1, winner.unsqueeze(1));
  agreement_ = (difference.cos() > std::cos(M_PI / 6)).to(at::kFloat).mean(1);
  winner_ = winner;
  best_loss_ = std::get<0>(losses.min(1));
  last_ = heading_candidates(last.hypothesis, losses, 0.5 * kFailedLoss);
  const at::Tensor rows = winner + first_rows(problem_.objects(), per_object_);
  keep(rows, 1);
  if (observe_)
    observe_({settings_.iterations, state_, object_, initial_texture_, own.index_select(0, rows)});
}

std::vector<HeadingMode> Descent::modes(int64_t object) const {
  return heading_modes(last_,
                       earlier_,
                       object,
                       winner_.select(0, object).item<int64_t>(),
                       best_loss_.select(0, object).item<double>(),
                       settings_.heading_temperature);
}

ObjectiveValue Descent::final_evaluation() {
  const at::NoGradGuard no_gradient;
  renders_ += problem_.renders(object_);
  return problem_.in_each_picture(state_, initial_texture_);
}

std::string Descent::failure(int64_t object) const {
  MONODR_CHECK(per_object_ == 1, "choose comes first");
  if (!failed_.select(0, object).item<bool>()) return "";
  const int64_t reason = reason_.select(0, object).item<int64_t>();
  const int64_t step = failed_at_.select(0, object).item<int64_t>();
  const auto word = [&]() -> std::string {
    if (reason == kGradient) return "the gradient is not finite";
    if (reason == kDiverged) return "it diverged: no car is so far, so near or of such a size";
    return fmt::format("loss '{}' is not finite", problem_.objective().losses().at(reason).name);
  };
  return fmt::format("no hypothesis is left; of the last one, in step {}, {}", step, word());
}

ObjectiveValue Descent::evaluate(const at::Tensor& state, const at::Tensor& rows, double share) {
  const at::Tensor object = object_.index_select(0, rows);
  renders_ += problem_.renders(object);
  return problem_.evaluate(state, object, initial_texture_.index_select(0, rows), share);
}

at::Tensor Descent::without_failed(const at::Tensor& losses) const {
  const at::Tensor bad = failed_.logical_or(losses.detach().isfinite().logical_not());
  return losses.masked_fill(bad, kFailedLoss);
}

void Descent::note_failures(int step, const ObjectiveValue& value, const at::Tensor& gradient) {
  for (size_t i = 0; i < value.terms.size(); ++i)
    fail(value.terms[i].isfinite().logical_not(), static_cast<int64_t>(i), step);
  fail(gradient.isfinite().all(1).logical_not(), kGradient, step);
}

void Descent::note_divergence(int step) {
  const at::Tensor depth = state_.select(1, StateLayout::kDepth);
  const at::Tensor size = state_.slice(1, StateLayout::kSize, StateLayout::kHeading);
  const at::Tensor stays = (depth > std::log(kNearestFitted))
                               .logical_and(depth < std::log(kFarthestFitted))
                               .logical_and((size.abs() < std::log(kLargestFactor)).all(1));
  fail(stays.logical_not(), kDiverged, step);
}

/// The first reason holds.
void Descent::fail(const at::Tensor& rows, int64_t reason, int step) {
  const at::Tensor news = rows.logical_and(failed_.logical_not());
  const int64_t count = news.sum().item<int64_t>();
  if (count == 0) return;
  failed_hypotheses_ += static_cast<int>(count);
  reason_ = reason_.masked_fill(news, reason);
  failed_at_ = failed_at_.masked_fill(news, step);
  failed_ = failed_.logical_or(news);
}

void Descent::learn(at::Tensor gradient, double scale) {
  gradient = gradient.masked_fill(failed_.unsqueeze(1), 0);
  if (settings_.keep_proportions) {
    at::Tensor size = gradient.slice(1, StateLayout::kSize, StateLayout::kHeading);
    size.copy_(size.mean(1, /*keepdim=*/true).expand_as(size));
  }
  // A hypothesis without gradient (a loser under hindsight) rests; momentum must not carry it on.
  at::Tensor learns = gradient.ne(0).any(1, /*keepdim=*/true);
  if (settings_.share == Sharing::all_but_heading) {
    // One set of values for an object: all its hypotheses pull at it.
    const at::Tensor own = gradient.select(1, StateLayout::kHeading).clone();
    const at::Tensor own_learns = learns.squeeze(1);
    const auto shared = [&](const at::Tensor& rows) {
      return rows.view({-1, per_object_, rows.size(1)}).sum(1).repeat_interleave(per_object_, 0);
    };
    gradient = shared(gradient);
    gradient.select(1, StateLayout::kHeading).copy_(own);
    learns = shared(learns.to(at::kLong)).gt(0).repeat({1, gradient.size(1)});
    learns.select(1, StateLayout::kHeading).copy_(own_learns);
  }
  if (!settings_.stage_steps.empty()) learns = learns.logical_and(free_);
  adam_.step(state_, gradient, learns, scale);
  state_.slice(1, StateLayout::kShape, problem_.objective().layout().texture())
      .clamp_(-kLargestCode, kLargestCode);
  state_.slice(1, StateLayout::kPitch, StateLayout::kShape).clamp_(-kSteepest, kSteepest);
  problem_.confine(state_);
}

void Descent::keep(const at::Tensor& rows, int64_t per_object) {
  for (at::Tensor* tensor : {&state_, &object_, &initial_texture_, &failed_, &reason_, &failed_at_})
    *tensor = tensor->index_select(0, rows);
  adam_.keep(rows);
  per_object_ = per_object;
}

void Descent::branch(int step) {
  const at::Tensor branches = with_jumps(state_);
  keep(at::arange(state_.size(0), at::kLong).repeat_interleave(kBranches), per_object_ * kBranches);
  state_ = branches;
  adam_.forget(at::arange(state_.size(0), at::kLong).remainder(kBranches).ne(0));
  branches_ = kBranches;
  settle_after_ = step + settings_.exploration.trial_steps;
}

/// What is about to be dropped may be what the object really is.
void Descent::remember(const at::Tensor& losses) {
  earlier_ = heading_candidates(
      problem_.hypotheses(state_, object_), losses.view({-1, per_object_}), 0.5 * kFailedLoss);
}

void Descent::settle(const at::Tensor& losses) {
  remember(losses);
  const at::Tensor best = std::get<1>(losses.view({-1, branches_}).min(1));
  keep(best + first_rows(best.size(0), branches_), per_object_ / branches_);
  branches_ = 1;
}

void Descent::prune(int steps_done, const at::Tensor& losses) {
  int64_t kept = per_object_;
  for (const Pruning& pruning : prunings_)
    if (pruning.step <= steps_done) kept = std::min<int64_t>(kept, pruning.keep);
  if (kept == per_object_) return;
  remember(losses);
  const at::Tensor headings = state_.select(1, StateLayout::kHeading).view({-1, per_object_});
  const at::Tensor ranking = ranking_losses(losses.view({-1, per_object_}), headings);
  const at::Tensor order = std::get<1>(ranking.sort(1));
  const at::Tensor first = first_rows(problem_.objects(), per_object_).unsqueeze(1);
  keep((order.slice(1, 0, kept) + first).flatten(), kept);
}

void Descent::record(const at::Tensor& losses,
                     const ObjectiveValue& value,
                     LossCurve& curve) const {
  const auto [best, winner] = losses.view({-1, per_object_}).min(1);
  const at::Tensor alive = best.lt(kFailedLoss);
  const auto mean_of = [&](const at::Tensor& values) {
    return (values.masked_fill(alive.logical_not(), 0).sum() / alive.sum()).item<double>();
  };
  curve.total.push_back(mean_of(best));
  curve.terms.resize(value.terms.size());
  for (size_t i = 0; i < value.terms.size(); ++i)
    curve.terms[i].push_back(
        mean_of(value.terms[i].view({-1, per_object_}).gather(1, winner.unsqueeze(1)).squeeze(1)));
}

}  // namespace monodr
