// SPDX-License-Identifier: Apache-2.0
#include "cell/watch.h"

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cell/config.h"
#include "cell/method.h"
#include "data/boxes2d.h"
#include "data/kitti_folder.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"

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
                          const WatchPlan& plan,
                          const std::vector<Annotation>& labels) {
  const Observation* best = nullptr;
  double best_measure = 0;
  for (const Observation& o : set.observations) {
    double measure = o.box.area();
    if (plan.object >= 0) measure = o.object == plan.object ? 1 : 0;
    if (plan.object < 0 && plan.label >= 0) {
      if (static_cast<size_t>(plan.label) >= labels.size()) break;
      const Box2d& box = labels[static_cast<size_t>(plan.label)].box2d;
      const double overlap = intersection_over_union(o.box, box);
      measure = overlap < kSameBox ? 0 : overlap;
    }
    if (measure > best_measure) best = &o, best_measure = measure;
  }
  if (best != nullptr) return *best;
  const std::string what = plan.object >= 0  ? fmt::format("object {}", plan.object)
                           : plan.label >= 0 ? fmt::format("object for label {}", plan.label)
                                             : std::string("object");
  throw UserError(
      fmt::format("frame {} has no {} to fit; objects: {}", plan.frame, what, described(set)));
}

/// The frame's labels; none where there is no file of them, as in KITTI's test set.
std::vector<Annotation> labels_of(const std::string& root, const std::string& frame) {
  const auto file = std::filesystem::path(root) / "training" / "label_2" / (frame + ".txt");
  if (!std::filesystem::exists(file)) return {};
  return load_labels(root, {frame}).front().objects;
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

bool has_mask(const Method& method) {
  return std::any_of(method.losses.begin(), method.losses.end(), [](const WeightedLoss& loss) {
    return loss.name == "mask";
  });
}

/// The state that a fit ended in, one row an object.
struct FinalState {
  at::Tensor state, initial_texture;
};

FitObserver record_final_state(FinalState& final, int iterations) {
  return [&final, iterations](const FitSnapshot& now) {
    if (now.step == iterations) final = {now.state.clone(), now.initial_texture.clone()};
  };
}

LandscapeSettings landscape_settings(const Method& method) {
  LandscapeSettings settings;
  settings.rates = method.settings.rates;
  return settings;
}

/// Of one frame: whatever is wrong with it is an error, not a reason to go on without it.
DatasetOptions data_of(const WatchPlan& plan, const json& config) {
  DatasetOptions data = dataset_options(config, plan.seed, plan.cache);
  data.objects = 0;
  data.on_error = "fail";
  return data;
}

}  // namespace

WatchPlan watch_plan_from(const json& document) {
  WatchPlan plan;
  plan.config = document.at("config").dump();
  plan.seed = document.at("seed");
  plan.plugin_folders = document.at("plugin_folders").get<std::vector<std::string>>();
  plan.cache = document.at("cache");
  plan.frame = document.value("frame", "");
  plan.object = document.value("object", -1);
  plan.label = document.value("label", -1);
  return plan;
}

FitTrace watch_fit(const WatchPlan& plan, const CellProgress& progress) {
  const json config = json::parse(plan.config);
  Registry registry(plan.plugin_folders);
  progress("reading the data", 0);
  const DatasetOptions data = data_of(plan, config);
  const ObservationSet set = load_observations_of({plan.frame}, data);

  FitTrace trace;
  // A label chosen by the caller says which object is meant; its 3-D box waits till after the fit.
  trace.observation = choose(
      set, plan, plan.label >= 0 ? labels_of(data.root, plan.frame) : std::vector<Annotation>{});
  trace.image = KittiFolder(data.root).image(plan.frame);
  const Method method = make_method(config, registry, plan.cache);
  const Objective objective = method.objective();
  const ObservationBatch batch = make_observation_batch(
      {trace.observation}, method.settings.size_mean, method.settings.size_deviation);
  Watcher watcher(objective, method.settings, batch, trace);
  FinalState final;
  const FitObserver keep = record_final_state(final, method.settings.iterations);
  const FitResult fit = fit_objects(
      {trace.observation},
      objective,
      *method.rule,
      method.settings,
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
  for (const WeightedLoss& loss : method.losses) trace.loss_names.push_back(loss.name);

  progress("loss over the heading", 0.8);
  const auto around = [&](const Objective& some) {
    return loss_over_heading(
               some, batch, final.state, final.initial_texture, landscape_settings(method))
        .front();
  };
  trace.landscape = around(objective);
  if (has_mask(method)) trace.mask_landscape = around(method.objective("mask"));
  trace.labels = labels_of(data.root, plan.frame);
  trace.label = label_of(trace.observation, trace.labels);
  return trace;
}

}  // namespace monodr
