// SPDX-License-Identifier: Apache-2.0
#include "cell/watch.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cell/data_request.h"
#include "cell/networks.h"
#include "evidence/frame_source.h"
#include "fitting/final_state.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"
#include "methods/predictor_method.h"

namespace monodr {
namespace {

using nlohmann::json;

constexpr double kSameBox = 0.5;  // intersection over union, as evaluation/errors.h

/// What there is to choose from, for a message.
std::string described(const ObservationSet& set) {
  std::vector<std::string> parts;
  for (const Observation& o : set.observations) parts.push_back(fmt::format("{}", o.object));
  std::string text = parts.empty() ? "none" : join(parts, ", ");
  for (const Skipped& skipped : set.skipped_objects)
    text += fmt::format("; {} cannot be used: {}", skipped.object, skipped.reason);
  return text;
}

const Observation& choose(const ObservationSet& set,
                          const SheetOrder& order,
                          const std::vector<Annotation>& labels) {
  const Observation* best = nullptr;
  double best_measure = 0;
  for (const Observation& o : set.observations) {
    double measure = o.box.area();
    if (order.object >= 0) measure = o.object == order.object ? 1 : 0;
    if (order.object < 0 && order.label >= 0) {
      if (static_cast<size_t>(order.label) >= labels.size()) break;
      const Box2d& box = labels[static_cast<size_t>(order.label)].box2d;
      const double overlap = intersection_over_union(o.box, box);
      measure = overlap < kSameBox ? 0 : overlap;
    }
    if (measure > best_measure) best = &o, best_measure = measure;
  }
  if (best != nullptr) return *best;
  const std::string what = order.object >= 0  ? fmt::format("object {}", order.object)
                           : order.label >= 0 ? fmt::format("object for label {}", order.label)
                                              : std::string("object");
  throw UserError(
      fmt::format("frame {} has no {} to fit; objects: {}", order.frame, what, described(set)));
}

/// The frame's labels; none where there is no file of them, as in KITTI's test set.
std::vector<Annotation> labels_of(const FrameSource& source, const std::string& frame) {
  return source.has_labels(frame) ? source.labels(frame) : std::vector<Annotation>{};
}

int label_of(const Observation& observation, const std::vector<Annotation>& labels) {
  int found = -1;
  double best = kSameBox;
  for (size_t i = 0; i < labels.size(); ++i) {
    const double overlap = intersection_over_union(observation.box, labels[i].box2d);
    if (!same_category(labels[i].category, observation.category) || overlap < best) continue;
    best = overlap;
    found = static_cast<int>(i);
  }
  return found;
}

/// Start, about a tenth, a quarter and half of the way, end.
std::vector<int> shown_steps(int iterations) {
  std::vector<int> steps{0, iterations / 10, iterations / 4, iterations / 2, iterations};
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  return steps;
}

/// Looks on while one object is fitted.
class Watcher {
 public:
  Watcher(const Objective& objective,
          const FitSettings& settings,
          const ObservationBatch& batch,
          FitTrace& trace)
      : objective_(objective),
        iterations_(settings.iterations),
        steps_(shown_steps(settings.iterations)),
        batch_(batch),
        trace_(trace) {}

  void look(const FitSnapshot& now) {
    const at::NoGradGuard no_gradient;
    const int64_t leader = now.loss.argmin().item<int64_t>();
    const at::Tensor headings = now.state.select(1, StateLayout::kHeading);
    for (int64_t row = 0; row < headings.size(0); ++row)
      trace_.headings.push_back(
          {now.step, wrap_angle(headings.select(0, row).item<double>()), row == leader});
    if (std::find(steps_.begin(), steps_.end(), now.step) == steps_.end()) return;
    const at::Tensor chosen = at::full({1}, leader, at::kLong);
    const double progress = std::min(1.0, now.step / std::max(1.0, iterations_ - 1.0));
    const ObjectiveValue evaluation =
        objective_.evaluate(now.state.index_select(0, chosen),
                            now.object.index_select(0, chosen),
                            now.initial_texture.index_select(0, chosen),
                            batch_,
                            progress,
                            {true, false, false});
    FitStage stage{now.step,
                   static_cast<int>(headings.size(0)),
                   fitted_object(trace_.observation, evaluation, 0),
                   {}};
    const at::Tensor silhouette = evaluation.rendering.silhouette.contiguous();
    stage.silhouette.assign(silhouette.data_ptr<float>(),
                            silhouette.data_ptr<float>() + silhouette.numel());
    trace_.stages.push_back(std::move(stage));
  }

 private:
  const Objective& objective_;
  int iterations_;
  std::vector<int> steps_;
  const ObservationBatch& batch_;
  FitTrace& trace_;
};

bool has_mask(const FitPipeline& pipeline) {
  return std::any_of(pipeline.losses.begin(), pipeline.losses.end(), [](const WeightedLoss& loss) {
    return loss.name == "mask";
  });
}

LandscapeSettings landscape_settings(const FitPipeline& pipeline) {
  LandscapeSettings settings;
  settings.rates = pipeline.settings.rates;
  settings.gradient = pipeline.settings.gradient;
  return settings;
}

/// Of one frame: whatever is wrong with it is an error, not a reason to go on without it.
DatasetRequest data_of(const SheetOrder& order, const json& config, Registry& registry) {
  DatasetRequest data = data_request(cell_settings(config), order.seed, order.cache);
  data.networks = networks_of(config, registry, order.cache);
  data.objects = 0;
  data.on_error = OnError::fail;
  return data;
}

/// A label chosen by the caller says which object is meant; its 3-D box waits till after the fit.
Observation chosen_object(const SheetOrder& order,
                          const DatasetRequest& data,
                          const FrameSource& source) {
  return choose(load_observations_of({order.frame}, source, data),
                order,
                order.label >= 0 ? labels_of(source, order.frame) : std::vector<Annotation>{});
}

}  // namespace

void check_object(const SheetOrder& order) {
  const json config = json::parse(order.config);
  Registry registry(order.plugin_folders);
  const DatasetRequest data = data_of(order, config, registry);
  if (!data.is_synthetic()) chosen_object(order, data, *open_frame_source(data));
}

FitTrace watch_fit(const SheetOrder& order, const CellProgress& progress) {
  const json config = json::parse(order.config);
  Registry registry(order.plugin_folders);
  progress("reading the data", 0);
  const CellSettings settings = cell_settings(config);
  if (settings.method.name != MethodKind::fit &&
      settings.method.name != MethodKind::predictor_and_fit)
    throw UserError(fmt::format("method.name = \"{}\" fits nothing that could be drawn",
                                name_of(settings.method.name)));
  const DatasetRequest data = data_of(order, config, registry);
  const auto source = open_frame_source(data);

  FitTrace trace;
  trace.observation = chosen_object(order, data, *source);
  trace.image = source->view(order.frame).image;
  const StartedFit started = make_started_fit(config, registry, order.cache);
  const FitPipeline& pipeline = started.pipeline;
  const Objective objective = pipeline.objective();
  ObservationBatch batch = make_observation_batch(
      {trace.observation}, pipeline.settings.size_mean, pipeline.settings.size_deviation);
  batch.coordinates =
      started.initialiser
          ->start(
              {trace.observation}, batch, objective.prior(), objective.layout(), pipeline.settings)
          .coordinates;
  Watcher watcher(objective, pipeline.settings, batch, trace);
  FinalState final;
  const FitObserver keep = record_final_state(final, pipeline.settings.iterations);
  const FitResult fit = fit_objects(
      {trace.observation},
      objective,
      *pipeline.rule,
      pipeline.settings,
      *started.initialiser,
      [&](double share) { progress("fitting", 0.1 + 0.6 * share); },
      [&](const FitSnapshot& now) {
        watcher.look(now);
        keep(now);
      });
  const FittedObject& fitted = fit.objects.front();
  if (!fitted.failure.empty())
    throw UserError(fmt::format("object {} of frame {} could not be fitted: {}",
                                fitted.object,
                                fitted.frame,
                                fitted.failure));
  trace.stages.back().object = fitted;
  trace.curve = fit.curve;
  for (const WeightedLoss& loss : pipeline.losses) trace.loss_names.push_back(loss.name);

  progress("loss over the heading", 0.8);
  const auto around = [&](const Objective& some) {
    return loss_over_heading(
               some, batch, final.state, final.initial_texture, landscape_settings(pipeline))
        .front();
  };
  trace.landscape = around(objective);
  if (has_mask(pipeline)) trace.mask_landscape = around(pipeline.objective("mask"));
  trace.labels = labels_of(*source, order.frame);
  trace.label = label_of(trace.observation, trace.labels);
  return trace;
}

}  // namespace monodr
