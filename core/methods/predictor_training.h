// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "fitting/objective.h"
#include "methods/training_examples.h"
#include "methods/training_group.h"
#include "plugin/predictor.h"
#include "plugin/predictor_file.h"
#include "plugin/rule.h"

namespace monodr {

/// Some objects as a predictor is shown them, and what it is held against.
struct TrainingBatch {
  ObservationBatch seen;      ///< its pictures randomised
  ObservationBatch observed;  ///< the same crops as they were
  at::Tensor starts;          ///< [B,StateLayout::columns] that the 2-D box gives
  at::Tensor known;  ///< [B,7] the known states as PredictorLayout's first columns, or undefined

  /// Another view of each object, whose size, shape and texture the first is drawn with; where train.views is above 1.
  struct OtherView {
    ObservationBatch seen;  ///< randomised by itself, but mirrored where the first is
    at::Tensor starts;
  };
  std::optional<OtherView> other;
};

/// What the heads of B objects cost, and which heading their student is to learn.
struct HeadLosses {
  at::Tensor heads;    ///< [B,K], differentiable
  at::Tensor heading;  ///< [B] radians, no gradient
};
/// `share` of the training done, 0..1. Called from several threads at once.
using ProposalLoss =
    std::function<HeadLosses(const Proposals& proposals, const TrainingBatch& batch, double share)>;

/// The heads are decoded, rendered and compared as a fit's hypotheses are; the student learns the heading of the head
/// that explains the picture best after `judge_steps` steps of descent (methods/short_descent.h; 0: as it stands). No label.
ProposalLoss render_loss(const Objective& objective, const LearningRates& rates, int judge_steps);
/// The heads' distance from known states,
///     |position|^2 / 0.05^2 + |log depth|^2 / 0.1^2 + sum |log size|^2 / 0.1^2 + 4 (1 - cos(heading)),
/// each square bent to 2 (sqrt(1 + x) - 1); codes are pulled to zero by 0.01 |code|^2. The student learns the known heading.
ProposalLoss known_state_loss();
/// The same by the mean distance of the box's corners in metres (plugin/box_corners.h), in the first third of the training
/// with place, depth, size and angle each by itself.
ProposalLoss known_corner_loss(const StateLayout& layout);

/// Told after each step; returning false stops.
using TrainingProgress = std::function<bool(double share)>;
/// Asked between steps, with a function that makes all that a training needs to go on from there.
using TrainingCheckpoint = std::function<void(const std::function<TensorTable()>& table)>;

struct PredictorTraining {
  const TrainSettings& settings;
  FitSettings fit;  ///< the starts' constants
  int image_size = 64;
  const Rule& rule;
  const ShapePrior& prior;
  StateLayout layout;
  ProposalLoss loss;
  TrainingProgress progress;
  TrainingCheckpoint checkpoint;
  TensorTable resume = {};               ///< of a checkpoint; empty = from the start
  const TrainingGroup* group = nullptr;  ///< who else trains; the leader alone reads `resume`
};

/// Trains in place. A step's loss is the mean over its objects of
///
///     rule over heads(heads' losses) + distillation (H(target(heading), distribution) + H(best head, heads' probabilities))
///
/// (plus coordinate_loss(), fitting/object_coordinates.h, for one that says object coordinates, which needs known states)
/// and AdamW (Loshchilov & Hutter, ICLR 2019) takes it down, its rate rising for a tenth of the steps and falling by a
/// cosine. A step's crops are drawn from (seed, epoch, object) alone and its gradient is the sum over parts of 16 objects in
/// their order, so that the bits depend neither on the number of threads nor on where a training was interrupted. Processes
/// of a group take such parts each and sum once a step, so that their curve is that of one process, to rounding.
/// With train.views above 1 an example is shown together with another view of its object, drawn from the same numbers as its
/// crop (of those kept aside, the view that follows): from the one picture the network says pose and probabilities, from the
/// other with which size, shape and texture all heads are drawn (with_shape_of, fitting/proposals.h). An object that has one
/// view alone is shown in two crops of it.
/// Objects are kept aside with all their views, and judged as at the end of the training (share 1), so that epochs compare.
/// `curve` gets an entry an epoch. Returns the table of the end (weights, moments, step), or nothing where progress said stop.
std::optional<TensorTable> train_predictor(Predictor& predictor,
                                           const std::vector<TrainingExample>& examples,
                                           const PredictorTraining& training,
                                           std::vector<PredictorRecord::CurvePoint>& curve);

}  // namespace monodr
