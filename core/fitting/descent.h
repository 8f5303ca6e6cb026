// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fitting/adam.h"
#include "fitting/gradient_estimator.h"
#include "fitting/heading_modes.h"
#include "fitting/initialiser.h"
#include "fitting/objective.h"
#include "plugin/rule.h"

namespace monodr {

/// Mean over objects of the best hypothesis's loss, a step.
struct LossCurve {
  std::vector<double> total;
  std::vector<std::vector<double>> terms;  ///< [loss][step]
};

/// All hypotheses as they stand before a step.
struct FitSnapshot {
  int step = 0;                ///< 0 = the starts; `iterations` = the reported ones, one an object
  at::Tensor state;            ///< [N,columns], see StateLayout
  at::Tensor object;           ///< [N] row of the observations
  at::Tensor initial_texture;  ///< [N,T]
  at::Tensor loss;             ///< [N] total
};

/// Told of every step, to draw or to study a fit. Tensors are the fit's own: clone what is kept.
using FitObserver = std::function<void(const FitSnapshot&)>;

/// The hypotheses of one batch of objects on their way down: K rows an object, one matrix, one
/// Adam.
///
/// A step evaluates all rows; the rule says which of them learn. Prunings drop those that lag
/// behind. Explorations (fitting/search.h) put branches beside each hypothesis for some steps, in
/// which all branches learn whatever the rule says, and keep the best one.
///
/// Where the starts know a distribution p of the heading (Starts::heading), hypotheses are judged, in prunings, settlings and
/// the choice at the end, by
///     loss - heading_weight * heading_temperature * log p(alpha),
/// so that with a weight of 1 both speak as independent measurements of the heading: exp(-loss / temperature) p(alpha).
/// The gradient is that of the loss alone: how the car is turned exactly, the picture says better.
///
/// A row fails, and takes no part from then on, where a loss or its gradient is not finite, or
/// where it has diverged: nearer than 0.3 m, farther than 300 m, or a dimension off the class mean
/// by more than a factor of 5. Failed rows are never set to zero or mended; they lose, they are
/// counted, and the word on why stays with them.
class Descent {
 public:
  /// All must outlive the descent.
  Descent(const ObservationBatch& batch,
          const Objective& objective,
          const Rule& rule,
          const FitSettings& settings,
          const Starts& starts,
          const FitObserver& observe);

  /// One gradient step; adds to the curve.
  void step(int index, LossCurve& curve);

  /// Leaves the reported hypothesis of each object alone, judged anew after the last step.
  void choose();

  /// All that is known of the chosen states.
  ObjectiveValue final_evaluation();

  /// After `choose`: "" or why the object has no pose.
  std::string failure(int64_t object) const;
  /// [B] after `choose`: share of the surviving hypotheses within 30 degrees of the reported one.
  const at::Tensor& agreement() const { return agreement_; }
  /// After `choose`: the reported heading and those that compete with it; none where the object failed or only one was tried. In the camera
  /// frame.
  std::vector<HeadingMode> modes(int64_t object) const;
  int failed_hypotheses() const { return failed_hypotheses_; }
  /// Renderings of one hypothesis each.
  int64_t renders() const { return renders_; }

 private:
  ObjectiveValue evaluate(const at::Tensor& state,
                          const at::Tensor& rows,
                          double share,
                          Channels extra = {});
  ObjectiveValue evaluate_all(double share, Channels extra = {});
  at::Tensor combined(const at::Tensor& losses, int index) const;
  at::Tensor judged(const at::Tensor& losses) const;
  void begin_stage(int step);
  void remember(const at::Tensor& losses);
  at::Tensor without_failed(const at::Tensor& losses) const;
  void note_failures(int step, const ObjectiveValue& value, const at::Tensor& gradient);
  void note_divergence(int step);
  void fail(const at::Tensor& rows, int64_t reason, int step);
  void learn(at::Tensor gradient, double scale);
  void keep(const at::Tensor& rows, int64_t per_object);
  void branch(int step);
  void settle(const at::Tensor& losses);
  void prune(int steps_done, const at::Tensor& losses);
  void record(const at::Tensor& losses, const ObjectiveValue& value, LossCurve& curve) const;

  const ObservationBatch& batch_;
  const Objective& objective_;
  const Rule& rule_;
  const FitSettings& settings_;
  const FitObserver& observe_;
  std::vector<Pruning> prunings_;
  std::unique_ptr<GradientEstimator> gradient_estimator_;
  int64_t per_object_;
  int64_t branches_ = 1;  ///< kBranches while exploring
  int settle_after_ = 0;  ///< steps done when the exploration ends
  at::Tensor state_, object_, initial_texture_;
  at::Tensor heading_;             ///< [B,bins] log-probability, or undefined
  at::Tensor free_;                ///< [columns] bool: what this stage may move
  at::Tensor failed_;              ///< [N] bool
  at::Tensor reason_, failed_at_;  ///< [N] int64: what was not finite, in which step
  at::Tensor agreement_;
  at::Tensor winner_, best_loss_;     ///< [B] after `choose`
  HeadingCandidates last_, earlier_;  ///< at the end, and at the last pruning or settling
  Adam adam_;
  int failed_hypotheses_ = 0;
  int64_t renders_ = 0;
};

}  // namespace monodr
