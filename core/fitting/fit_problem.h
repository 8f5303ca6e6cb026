// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/objective.h"

namespace monodr {

/// What a descent descends on: objects, of which each row of a state matrix describes one. How many pictures show an
/// object is the problem's matter.
///
/// `object` [N] says which object a row is of; a row starts with the columns of StateLayout, which describe the object in
/// one picture, and may have further ones.
class FitProblem {
 public:
  FitProblem(const ObservationBatch& batch, const Objective& objective)
      : batch_(batch), objective_(objective) {}
  virtual ~FitProblem() = default;

  const Objective& objective() const { return objective_; }
  virtual int64_t objects() const = 0;
  /// The object that observation `row` shows.
  virtual int64_t object_of(int64_t row) const = 0;
  /// Total and terms of each row. UserError as Objective::evaluate.
  virtual ObjectiveValue evaluate(const at::Tensor& state,
                                  const at::Tensor& object,
                                  const at::Tensor& initial_texture,
                                  double progress) const = 0;
  /// The boxes of the rows, each in the picture that its first columns are of.
  virtual HypothesisBatch hypotheses(const at::Tensor& state, const at::Tensor& object) const = 0;
  /// From one state an object, in their order: one row an observation, in their order, with all channels.
  virtual ObjectiveValue in_each_picture(const at::Tensor& state,
                                         const at::Tensor& initial_texture) const = 0;
  /// Pictures that are rendered for these rows.
  virtual int64_t renders(const at::Tensor& object) const = 0;
  virtual at::Tensor learning_rates(const LearningRates& rates) const = 0;
  /// [columns]: by how much each is moved where the gradient is one of differences (fitting/gradient_estimator.h).
  virtual at::Tensor difference_steps() const = 0;
  /// After each step: puts columns of the problem's own back to what can be.
  virtual void confine(at::Tensor& state) const = 0;

 protected:
  const ObservationBatch& batch_;
  const Objective& objective_;
};

/// Each observation is an object by itself.
class SingleViews : public FitProblem {
 public:
  using FitProblem::FitProblem;
  int64_t objects() const override { return batch_.count(); }
  int64_t object_of(int64_t row) const override { return row; }
  ObjectiveValue evaluate(const at::Tensor& state,
                          const at::Tensor& object,
                          const at::Tensor& initial_texture,
                          double progress) const override;
  HypothesisBatch hypotheses(const at::Tensor& state, const at::Tensor& object) const override;
  ObjectiveValue in_each_picture(const at::Tensor& state,
                                 const at::Tensor& initial_texture) const override;
  int64_t renders(const at::Tensor& object) const override { return object.size(0); }
  at::Tensor learning_rates(const LearningRates& rates) const override;
  at::Tensor difference_steps() const override;
  void confine(at::Tensor&) const override {}
};

}  // namespace monodr
