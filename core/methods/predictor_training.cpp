// SPDX-License-Identifier: Apache-2.0
#include "methods/predictor_training.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <utility>

#include "base/parallel.h"
#include "evidence/randomise.h"
#include "fitting/heading_distribution.h"
#include "fitting/object_coordinates.h"
#include "fitting/observation_batch.h"
#include "fitting/proposals.h"
#include "methods/adamw.h"
#include "methods/object_views.h"
#include "methods/short_descent.h"
#include "plugin/box_corners.h"

namespace monodr {
namespace {

constexpr std::size_t kPart = TrainSettings::kPart;
constexpr double kLongestStep = 2;  // norm to which a longer gradient is cut

/// Restores the number of threads.
class Threads {
 public:
  Threads() : count_(at::get_num_threads()) { at::set_num_threads(1); }
  ~Threads() { at::set_num_threads(count_); }
  Threads(const Threads&) = delete;
  int count() const { return count_; }

 private:
  int count_;
};

/// The weights take gradients while it lives.
class WithGradients {
 public:
  explicit WithGradients(const TensorTable& weights) : weights_(weights) { set(true); }
  ~WithGradients() { set(false); }
  WithGradients(const WithGradients&) = delete;

 private:
  void set(bool on) {
    for (auto& [name, tensor] : weights_) tensor.set_requires_grad(on);
  }
  TensorTable weights_;
};

/// [B,7] of states that are known, relative to what the 2-D box says.
at::Tensor known_rows(const std::vector<KnownState>& states,
                      const ObservationBatch& batch,
                      const at::Tensor& starts) {
  const double half = static_cast<double>(batch.mask.size(-1)) / 2;
  at::Tensor rows = at::empty({batch.count(), PredictorLayout::kShape}, at::kFloat);
  auto out = rows.accessor<float, 2>();
  const auto k = batch.intrinsics.accessor<float, 3>();
  const auto start = starts.accessor<float, 2>();
  const auto mean = batch.size_mean.accessor<float, 2>();
  for (int64_t b = 0; b < batch.count(); ++b) {
    const KnownState& state = states[static_cast<std::size_t>(b)];
    const Eigen::Vector3d& c = state.centre;
    const double u = k[b][0][0] * c.x() / c.z() + k[b][0][2];
    const double v = k[b][1][1] * c.y() / c.z() + k[b][1][2];
    out[b][0] = static_cast<float>(u / half - 1) - start[b][0];
    out[b][1] = static_cast<float>(v / half - 1) - start[b][1];
    out[b][PredictorLayout::kDepth] =
        static_cast<float>(std::log(c.z())) - start[b][StateLayout::kDepth];
    for (int i = 0; i < 3; ++i)
      out[b][PredictorLayout::kSize + i] = static_cast<float>(std::log(
          state.dimensions[static_cast<std::size_t>(i)] / static_cast<double>(mean[b][i])));
    out[b][PredictorLayout::kHeading] = static_cast<float>(state.alpha);
  }
  return rows;
}

UprightBoxes boxes_of(const HypothesisBatch& hypotheses) {
  return {hypotheses.location, hypotheses.dimensions, hypotheses.rotation_y};
}

class Trainer {
 public:
  Trainer(Predictor& predictor,
          const std::vector<TrainingExample>& examples,
          const PredictorTraining& training,
          std::vector<PredictorRecord::CurvePoint>& curve,
          int threads)
      : predictor_(predictor),
        examples_(examples),
        views_(examples),
        training_(training),
        settings_(training.settings),
        curve_(curve),
        threads_(threads) {
    training_.fit.hypotheses = 1;
    training_.fit.start_depth = StartDepth::box_height;
    split();
    for (auto& [name, tensor] : predictor.weights()) {
      names_.push_back(name);
      weights_.push_back(tensor);
      best_.push_back(tensor.detach().clone());
      count_ += tensor.numel();
    }
    optimiser_.emplace(weights_);
    steps_in_epoch_ = (learned_.size() + batch() - 1) / batch();
    if (!training.resume.empty()) resume(training.resume);
    if (group() != nullptr) begin_together();
  }

  bool run() {
    while (!is_done()) {
      descend();
      if (training_.checkpoint) training_.checkpoint([this] { return table(); });
      if (training_.progress && !training_.progress(share())) return false;
    }
    if (settings_.patience > 0 && !kept_aside_.empty()) take(best_);
    return true;
  }

  TensorTable table() const {
    TensorTable table{{"training.step", at::full({1}, step_, at::kLong)},
                      {"training.sum", at::full({1}, sum_, at::kDouble)},
                      {"training.best", at::full({1}, best_loss_, at::kDouble)},
                      {"training.waited", at::full({1}, waited_, at::kLong)}};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      table[names_[i]] = weights_[i].detach().clone();
      table["training.first." + names_[i]] = optimiser_->first()[i].clone();
      table["training.second." + names_[i]] = optimiser_->second()[i].clone();
      if (settings_.patience > 0) table["training.best." + names_[i]] = best_[i].clone();
    }
    return table;
  }

 private:
  const TrainingGroup* group() const { return training_.group; }
  std::size_t batch() const { return static_cast<std::size_t>(settings_.batch); }
  int64_t all_steps() const { return static_cast<int64_t>(steps_in_epoch_) * settings_.epochs; }
  double share() const { return static_cast<double>(step_) / static_cast<double>(all_steps()); }
  /// What of a training the loss hangs on: how far it is.
  struct Moment {
    double share = 0;
    int64_t step = 0;
  };
  Moment now() const { return {share(), step_}; }
  /// Epochs are compared as at the end: a blur that narrows, or a rule that begins late, would compare them by other measures.
  Moment end() const { return {1, all_steps()}; }
  bool is_done() const {
    return step_ >= all_steps() || (settings_.patience > 0 && waited_ >= settings_.patience);
  }

  /// Every 1/validation-th object is kept aside, with all its views and copies.
  void split() {
    const double aside = settings_.validation;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      const double n = static_cast<double>(views_.object_of(i));
      (std::floor((n + 1) * aside) > std::floor(n * aside) ? kept_aside_ : learned_).push_back(i);
    }
    example_of_.resize(examples_.size());
    std::iota(example_of_.begin(), example_of_.end(), std::size_t{0});
    const std::vector<std::size_t> once = learned_;
    for (const std::size_t i : once)
      for (int copy = 1; copy < examples_[i].copies; ++copy) {
        learned_.push_back(example_of_.size());
        example_of_.push_back(i);
      }
    if (learned_.empty())
      throw UserError(
          "nothing is left to train a predictor on: the frames of [train] hold no object of the "
          "class that train.minimum_height and train.validation leave");
  }

  std::vector<std::size_t> order_of(int64_t epoch) const {
    std::vector<std::size_t> order = learned_;
    Random random(settings_.seed, "training order", static_cast<std::uint64_t>(epoch));
    random.shuffle(order);
    return order;
  }

  /// Crops of some examples.
  struct Crops {
    std::vector<Observation> seen, observed;
  };

  void add_crop(const TrainingExample& example,
                const Cut& how,
                bool randomises,
                Random& random,
                Crops& crops) const {
    crops.observed.push_back(cut(example, how, training_.image_size));
    crops.seen.push_back(crops.observed.back());
    if (randomises)
      randomise_picture(crops.seen.back().image, training_.image_size, settings_.randomise, random);
  }

  /// An object's mirror image is another object: both views are mirrored, or neither.
  void add_other_view(
      std::size_t example, bool learns, bool mirrored, Random& random, Crops& crops) const {
    const std::size_t other = learns ? views_.any_other(example, random) : views_.next(example);
    Cut how = learns ? random_cut(settings_.randomise, random) : Cut{};
    how.mirrored = mirrored;
    add_crop(examples_[other], how, learns, random, crops);
  }

  ObservationBatch batch_of(const std::vector<Observation>& observations) const {
    return make_observation_batch(
        observations, training_.fit.size_mean, training_.fit.size_deviation);
  }
  at::Tensor starts_of(const std::vector<Observation>& observed,
                       const ObservationBatch& batch) const {
    return HeadingInitialiser()
        .start(observed, batch, training_.prior, training_.layout, training_.fit)
        .state;
  }

  /// As they are shown in an epoch; those that validate (epoch -1) as they are.
  TrainingBatch shown(const std::size_t* begin, const std::size_t* end, int64_t epoch) const {
    const bool learns = epoch >= 0;
    Crops crops, others;
    std::vector<KnownState> states;
    for (const std::size_t* i = begin; i != end; ++i) {
      const TrainingExample& example = examples_[example_of_[*i]];
      Random random(settings_.seed,
                    "training crop",
                    static_cast<std::uint64_t>(epoch) * example_of_.size() + *i);
      const Cut how = learns ? random_cut(settings_.randomise, random) : Cut{};
      add_crop(example, how, learns, random, crops);
      if (example.known_state)
        states.push_back(how.mirrored ? mirrored(*example.known_state) : *example.known_state);
      if (settings_.views > 1)
        add_other_view(example_of_[*i], learns, how.mirrored, random, others);
    }
    TrainingBatch batch;
    batch.seen = batch_of(crops.seen);
    batch.observed = batch_of(crops.observed);
    batch.starts = starts_of(crops.observed, batch.observed);
    if (states.size() == crops.seen.size())
      batch.known = known_rows(states, batch.observed, batch.starts);
    if (settings_.views > 1)
      batch.other = {batch_of(others.seen), starts_of(others.observed, batch_of(others.observed))};
    return batch;
  }

  /// The sum over a part's objects.
  at::Tensor loss_of(const TrainingBatch& batch, const Moment& when) const {
    Proposals proposals = predictor_.predict(batch.seen);
    if (batch.other)
      proposals.state = with_shape_of(predictor_.predict(batch.other->seen),
                                      batch.other->starts,
                                      proposals,
                                      batch.starts,
                                      training_.layout);
    const HeadLosses losses = training_.loss(proposals, batch, when.share);
    const at::Tensor combined = training_.rule.combine(
        {losses.heads, static_cast<int>(when.step), static_cast<int>(all_steps())});
    const at::Tensor best = std::get<1>(losses.heads.detach().min(1, true));
    const at::Tensor target = heading_target(losses.heading, proposals.heading.size(1));
    const at::Tensor student =
        -(target * proposals.heading).sum(1) - proposals.log_probability.gather(1, best).squeeze(1);
    const at::Tensor sum = (combined + settings_.distillation * student).sum();
    return proposals.coordinates.defined() ? sum + loss_of_coordinates(proposals, batch) : sum;
  }

  at::Tensor loss_of_coordinates(const Proposals& proposals, const TrainingBatch& batch) const {
    if (!batch.known.defined())
      throw UserError(
          "the predictor says object coordinates, which it learns from known boxes; set "
          "train.supervision to \"labels\", \"pseudo_labels\" or \"curriculum\"");
    const int64_t objects = batch.known.size(0);
    const at::Tensor state = at::cat(
        {batch.known, at::zeros({objects, proposals.state.size(2) - PredictorLayout::kShape})}, 1);
    const UprightBoxes boxes =
        boxes_of(hypotheses_from_state(proposed_states(state, batch.starts, training_.layout),
                                       at::arange(objects, at::kLong),
                                       training_.layout,
                                       batch.observed));
    return coordinate_loss(proposals, boxes, batch.observed).sum();
  }

  struct Part {
    double loss = 0;
    std::vector<at::Tensor> gradients;
  };

  /// Some parts in a row of a step's objects.
  struct Range {
    std::size_t first = 0, count = 0;
  };
  /// Of the parts of so many objects those that are this process's own.
  Range own_parts(std::size_t objects) const {
    const std::size_t all = (objects + kPart - 1) / kPart;
    const auto rank = static_cast<std::size_t>(group() == nullptr ? 0 : group()->rank());
    const auto size = static_cast<std::size_t>(group() == nullptr ? 1 : group()->size());
    const std::size_t first = all * rank / size;
    return {first, all * (rank + 1) / size - first};
  }

  TrainingBatch shown_part(const std::vector<std::size_t>& objects,
                           std::size_t part,
                           int64_t epoch) const {
    const std::size_t begin = part * kPart, end = std::min(objects.size(), begin + kPart);
    return shown(objects.data() + begin, objects.data() + end, epoch);
  }

  Part learned_from(const TrainingBatch& batch) const {
    const at::AutoGradMode gradients(true);
    const at::Tensor loss = loss_of(batch, now());
    return {loss.item<double>(),
            torch::autograd::grad({loss}, weights_, {}, {}, /*create_graph=*/false, true)};
  }

  /// Summed over the objects that are kept aside, of this process's parts of them.
  double loss_aside() const {
    const Range own = own_parts(kept_aside_.size());
    std::vector<double> losses(own.count);
    parallel_for(own.count, threads_, [&](std::size_t p) {
      at::set_num_threads(1);
      const at::NoGradGuard no_gradient;
      losses[p] = loss_of(shown_part(kept_aside_, own.first + p, -1), end()).item<double>();
    });
    return std::accumulate(losses.begin(), losses.end(), 0.0);
  }

  int64_t epoch_of(int64_t step) const { return step / static_cast<int64_t>(steps_in_epoch_); }

  std::vector<std::size_t> objects_of(int64_t step) const {
    if (step >= all_steps()) return {};
    const std::vector<std::size_t> order = order_of(epoch_of(step));
    const std::size_t begin =
        static_cast<std::size_t>(step % static_cast<int64_t>(steps_in_epoch_)) * batch();
    return {order.begin() + static_cast<std::ptrdiff_t>(begin),
            order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), begin + batch()))};
  }

  /// Learns from the objects of this step while the crops of the next are cut and randomised, on all threads.
  void descend() {
    const std::vector<std::size_t> objects = objects_of(step_), following = objects_of(step_ + 1);
    const Range own = own_parts(objects.size()), next = own_parts(following.size());
    std::vector<TrainingBatch> batches = std::exchange(prepared_, {});
    prepared_.resize(next.count);
    std::vector<Part> parts(own.count);
    if (batches.empty()) {
      batches.resize(own.count);
      parallel_for(own.count, threads_, [&](std::size_t p) {
        at::set_num_threads(1);
        batches[p] = shown_part(objects, own.first + p, epoch_of(step_));
      });
    }
    parallel_for(own.count + next.count, threads_, [&](std::size_t i) {
      at::set_num_threads(1);
      if (i < own.count)
        parts[i] = learned_from(batches[i]);
      else
        prepared_[i - own.count] =
            shown_part(following, next.first + i - own.count, epoch_of(step_ + 1));
    });
    learn(parts, objects.size());
    ++step_;
    if (step_ % static_cast<int64_t>(steps_in_epoch_) == 0)
      end_epoch(static_cast<int>(epoch_of(step_ - 1)));
  }

  /// All parts' gradients and, behind them, their losses: one row.
  at::Tensor sum_of(const std::vector<Part>& parts) const {
    double loss = 0;
    for (const Part& part : parts) loss += part.loss;
    at::Tensor sum = at::zeros({count_ + 1}, at::kFloat);
    int64_t begin = 0;
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      at::Tensor own = sum.slice(0, begin, begin + weights_[i].numel()).view_as(weights_[i]);
      for (const Part& part : parts)
        if (part.gradients[i].defined()) own.add_(part.gradients[i]);
      begin += weights_[i].numel();
    }
    sum[count_].fill_(loss);
    if (group() != nullptr) group()->sum(sum);
    return sum;
  }

  void learn(const std::vector<Part>& parts, std::size_t objects) {
    const at::NoGradGuard no_gradient;
    const at::Tensor sum = sum_of(parts);
    const double mean = 1 / static_cast<double>(objects);
    const double norm = mean * std::sqrt(squared_norm(sum, count_, threads_));
    sum_ += sum[count_].item<double>();
    if (!std::isfinite(norm)) {
      // What renders to nothing finite teaches nothing; the next batch may.
      ++skipped_;
      if (skipped_ > 100)
        throw UserError(
            "the predictor's gradient is not finite in 100 steps; a lower "
            "train.learning_rate may do");
      return;
    }
    optimiser_->step(sum,
                     {.scale = mean * std::min(1.0, kLongestStep / (norm + 1e-12)),
                      .count = step_ + 1,
                      .rate = rate(),
                      .decay = settings_.weight_decay},
                     threads_);
  }

  double rate() const {
    const double warm = 0.1;
    const double now = share();
    return settings_.learning_rate *
           (now < warm ? (now + 1e-3) / (warm + 1e-3)
                       : 0.01 + 0.99 * 0.5 * (1 + std::cos(M_PI * (now - warm) / (1 - warm))));
  }

  void end_epoch(int epoch) {
    PredictorRecord::CurvePoint point{
        epoch, sum_ / static_cast<double>(learned_.size()), std::nan("")};
    sum_ = 0;
    if (!kept_aside_.empty()) {
      const at::Tensor total = at::full({1}, loss_aside(), at::kDouble);
      if (group() != nullptr) group()->sum(total);
      point.validation = total.item<double>() / static_cast<double>(kept_aside_.size());
      ++waited_;
      if (point.validation < best_loss_) {
        best_loss_ = point.validation;
        waited_ = 0;
        for (std::size_t i = 0; i < weights_.size(); ++i) best_[i] = weights_[i].detach().clone();
      }
    }
    curve_.push_back(point);
  }

  void take(const std::vector<at::Tensor>& values) {
    const at::NoGradGuard no_gradient;
    for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i].copy_(values[i]);
  }

  /// What the leader has of an earlier run, and whether all have the same objects before them.
  void begin_together() {
    const at::NoGradGuard no_gradient;
    const double objects = static_cast<double>(examples_.size());
    const at::Tensor about = at::tensor(
        {static_cast<double>(step_), sum_, best_loss_, static_cast<double>(waited_), objects},
        at::kDouble);
    group()->take_leaders(about);
    const auto said = about.accessor<double, 1>();
    step_ = static_cast<int64_t>(said[0]);
    sum_ = said[1];
    best_loss_ = said[2];
    waited_ = static_cast<int64_t>(said[3]);
    if (said[4] != objects)
      throw UserError(fmt::format(
          "process {} of a training has {} objects before it and the leader {}: the frames of "
          "[train] are not the same; give all processes the same files",
          group()->rank(),
          objects,
          said[4]));
    for (const std::vector<at::Tensor>& list :
         {weights_, optimiser_->first(), optimiser_->second(), best_})
      for (const at::Tensor& tensor : list) group()->take_leaders(tensor.detach());
  }

  void resume(const TensorTable& from) {
    const at::NoGradGuard no_gradient;
    step_ = take_array(from, "training.step", {1}).item<int64_t>();
    sum_ = take_array(from, "training.sum", {1}).item<double>();
    best_loss_ = take_array(from, "training.best", {1}).item<double>();
    waited_ = take_array(from, "training.waited", {1}).item<int64_t>();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto shape = weights_[i].sizes();
      weights_[i].copy_(take_array(from, names_[i], shape));
      optimiser_->first()[i].copy_(take_array(from, "training.first." + names_[i], shape));
      optimiser_->second()[i].copy_(take_array(from, "training.second." + names_[i], shape));
      if (settings_.patience > 0)
        best_[i].copy_(take_array(from, "training.best." + names_[i], shape));
    }
  }

  Predictor& predictor_;
  const std::vector<TrainingExample>& examples_;
  ObjectViews views_;
  PredictorTraining training_;
  const TrainSettings& settings_;
  std::vector<PredictorRecord::CurvePoint>& curve_;
  int threads_;
  std::vector<std::size_t> example_of_;  ///< of each crop of an epoch: all examples, then copies
  std::vector<std::size_t> learned_, kept_aside_;  ///< crops, as numbered there
  std::vector<TrainingBatch> prepared_;            ///< of the step to come, this process's parts
  std::size_t steps_in_epoch_ = 1;
  std::vector<std::string> names_;
  std::vector<at::Tensor> weights_, best_;
  std::optional<AdamW> optimiser_;
  int64_t count_ = 0;  ///< of all weights' numbers
  int64_t step_ = 0, waited_ = 0;
  int skipped_ = 0;
  double sum_ = 0;  ///< of the losses in this epoch so far
  double best_loss_ = std::numeric_limits<double>::max();
};

/// Of a square: quadratic near 0, linear far from it.
at::Tensor bent(const at::Tensor& square) {
  return 2 * ((1 + square).sqrt() - 1);
}

constexpr double kWarmUp =
    1.0 / 3;  // share of a training in which corners are moved by one thing at a time

/// The pull of all heads' shape codes to the mean shape, [B,K].
at::Tensor pull_of_codes(const at::Tensor& state) {
  return 0.01 * state.slice(2, PredictorLayout::kShape).square().sum(2);
}

}  // namespace

ProposalLoss render_loss(const Objective& objective, const LearningRates& rates, int judge_steps) {
  return [&objective, rates, judge_steps](
             const Proposals& proposals, const TrainingBatch& batch, double share) {
    const int64_t objects = proposals.state.size(0), heads = proposals.state.size(1);
    const at::Tensor object = at::arange(objects, at::kLong).repeat_interleave(heads);
    const StateLayout layout = objective.layout();
    const at::Tensor state = proposed_states(
        proposals.state.flatten(0, 1), batch.starts.index_select(0, object), layout);
    const at::Tensor paint =
        batch.starts.slice(1, layout.texture()).index_select(0, object).contiguous();
    const at::Tensor losses = objective.evaluate(state, object, paint, batch.observed, share)
                                  .total.view({objects, heads});
    if (judge_steps > 0)
      return HeadLosses{
          losses, headings_after_descent(objective, rates, judge_steps, state, batch.observed)};
    const at::Tensor best = std::get<1>(losses.detach().min(1, true));
    return HeadLosses{
        losses,
        proposals.state.detach().select(2, PredictorLayout::kHeading).gather(1, best).squeeze(1)};
  };
}

ProposalLoss known_state_loss() {
  return [](const Proposals& proposals, const TrainingBatch& batch, double) {
    MONODR_CHECK(batch.known.defined(), "states are learned from, but not known");
    const at::Tensor known = batch.known.unsqueeze(1);
    const at::Tensor& state = proposals.state;
    const auto squares = [&](int64_t begin, int64_t end, double unit) {
      return ((state.slice(2, begin, end) - known.slice(2, begin, end)) / unit).square().sum(2);
    };
    using L = PredictorLayout;
    const at::Tensor turned = state.select(2, L::kHeading) - known.select(2, L::kHeading);
    const at::Tensor heads =
        bent(squares(L::kPosition, L::kDepth, 0.05)) + bent(squares(L::kDepth, L::kSize, 0.1)) +
        bent(squares(L::kSize, L::kHeading, 0.1)) + 4 * (1 - turned.cos()) + pull_of_codes(state);
    return HeadLosses{heads, batch.known.select(1, L::kHeading)};
  };
}

ProposalLoss known_corner_loss(const StateLayout& layout) {
  return [layout](const Proposals& proposals, const TrainingBatch& batch, double share) {
    MONODR_CHECK(batch.known.defined(), "states are learned from, but not known");
    const int64_t objects = proposals.state.size(0), heads = proposals.state.size(1);
    const at::Tensor object = at::arange(objects, at::kLong).repeat_interleave(heads);
    const at::Tensor starts = batch.starts.index_select(0, object);
    const auto boxes = [&](const at::Tensor& proposed) {
      return boxes_of(hypotheses_from_state(
          proposed_states(proposed, starts, layout), object, layout, batch.observed));
    };
    const at::Tensor state = proposals.state.flatten(0, 1);
    const at::Tensor known = at::cat({batch.known.index_select(0, object),
                                      at::zeros_like(state.slice(1, PredictorLayout::kShape))},
                                     1);
    const auto distance = share < kWarmUp ? lifted_corner_distance : corner_distance;
    const at::Tensor metres = distance(boxes(state), boxes(known.detach()));
    return HeadLosses{metres.view({objects, heads}) + pull_of_codes(proposals.state),
                      batch.known.select(1, PredictorLayout::kHeading)};
  };
}

std::optional<TensorTable> train_predictor(Predictor& predictor,
                                           const std::vector<TrainingExample>& examples,
                                           const PredictorTraining& training,
                                           std::vector<PredictorRecord::CurvePoint>& curve) {
  const Threads threads;
  const WithGradients gradients(predictor.weights());
  Trainer trainer(predictor, examples, training, curve, threads.count());
  if (!trainer.run()) return std::nullopt;
  return trainer.table();
}

}  // namespace monodr
