// SPDX-License-Identifier: Apache-2.0
#include "cell/run_cell.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>

#include "cell/fitted_shapes.h"
#include "cell/method.h"
#include "cell/metrics.h"
#include "cell/prior_evaluation.h"
#include "cell/provenance.h"
#include "corpus/parametric_car.h"
#include "data/kitti_folder.h"

namespace monodr {
namespace {

using nlohmann::json;

/// Fits as KITTI results, one entry a labelled frame, frames without detections included.
std::vector<FrameAnnotations> detections_of(const std::vector<FrameAnnotations>& labels,
                                            const ObservationSet& set,
                                            const std::vector<FittedObject>& fits) {
  std::map<std::string, size_t> row_of;
  std::vector<FrameAnnotations> frames;
  for (const FrameAnnotations& label : labels) {
    row_of[label.frame] = frames.size();
    frames.push_back({label.frame, {}});
  }
  for (size_t i = 0; i < fits.size(); ++i) {
    if (!fits[i].failure.empty() || row_of.count(fits[i].frame) == 0) continue;
    Annotation detection;
    detection.category = set.observations[i].category;
    detection.truncation = -1;
    detection.occlusion = -1;
    detection.alpha = fits[i].alpha;
    detection.box2d = set.observations[i].box;
    detection.box3d = fits[i].box;
    detection.score = fits[i].score;
    frames[row_of.at(fits[i].frame)].objects.push_back(detection);
  }
  return frames;
}

std::vector<FramePicture> pictures_of(const std::string& root,
                                      const std::vector<FrameAnnotations>& labels,
                                      const std::vector<FittedObject>& fits) {
  const KittiFolder folder(root);
  std::vector<FramePicture> pictures;
  for (const FrameAnnotations& frame : labels) {
    FramePicture picture{frame.frame,
                         folder.image(frame.frame),
                         load_frame_camera(root, frame.frame),
                         {},
                         frame.objects};
    for (const FittedObject& fit : fits)
      if (fit.frame == frame.frame && fit.failure.empty()) picture.objects.push_back(fit);
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

void add_curves(const LossCurve& curve,
                const std::vector<WeightedLoss>& losses,
                std::vector<SeriesPoint>& series) {
  const auto add = [&](const std::string& name, const std::vector<double>& values) {
    for (size_t step = 0; step < values.size(); ++step)
      series.push_back({"loss." + name, static_cast<int>(step), values[step]});
  };
  add("total", curve.total);
  for (size_t i = 0; i < losses.size() && i < curve.terms.size(); ++i)
    add(losses[i].name, curve.terms[i]);
}

// A loss that is NaN for every object is a fault of the cell, not a bad score.
void require_a_fit(const std::vector<FittedObject>& fits) {
  for (const FittedObject& fit : fits)
    if (fit.failure.empty()) return;
  if (!fits.empty())
    throw UserError(
        fmt::format("none of the {} objects could be fitted; the first, of frame {}: {}",
                    fits.size(),
                    fits.front().frame,
                    fits.front().failure));
}

/// Gives each matched object the loss at which its fit ended.
void add_losses(const std::vector<FittedObject>& fits, std::vector<ObjectResult>& objects) {
  std::map<std::string, std::vector<double>> losses;  // in the order of detections_of
  for (const FittedObject& fit : fits)
    if (fit.failure.empty()) losses[fit.frame].push_back(fit.loss);
  for (ObjectResult& object : objects)
    if (object.matched) object.loss = losses.at(object.frame).at(object.detection);
}

/// How many objects were fitted, failed and were left out, and what an object cost.
void add_counts(const FitResult& fits,
                const ObservationSet& set,
                double seconds,
                std::vector<MetricValue>& metrics) {
  const auto add = [&](const char* name, auto value) {
    metrics.push_back(metric_value(name, static_cast<double>(value)));
  };
  const double objects = std::max<double>(1, static_cast<double>(fits.objects.size()));
  const auto has_failed = [](const FittedObject& fit) { return !fit.failure.empty(); };
  add("seconds_per_object", seconds / objects);
  add("renders_per_object", static_cast<double>(fits.renders) / objects);
  const auto failed = std::count_if(fits.objects.begin(), fits.objects.end(), has_failed);
  add("fitted_objects", static_cast<std::ptrdiff_t>(fits.objects.size()) - failed);
  add("failed_objects", failed);
  add("failed_hypotheses", fits.failed_hypotheses);
  add("skipped_objects", set.skipped_objects.size());
  add("skipped_frames", set.skipped_frames.size());
}

/// Says of each object that has no pose why: in the cell's message, among its facts, and at the
/// label that was missed for it.
void tell_failures(const std::vector<FittedObject>& fits,
                   const ObservationSet& set,
                   const std::vector<FrameAnnotations>& labels,
                   CellResult& result) {
  std::map<std::string, const FrameAnnotations*> label_of;
  for (const FrameAnnotations& frame : labels) label_of[frame.frame] = &frame;
  int failed = 0;
  for (size_t i = 0; i < fits.size(); ++i) {
    if (fits[i].failure.empty()) continue;
    ++failed;
    const std::string name = fmt::format("object {}/{}", fits[i].frame, fits[i].object);
    result.provenance["failed " + name] = fits[i].failure;
    if (failed == 1) result.message = fmt::format("{}: {}", name, fits[i].failure);
    for (ObjectResult& object : result.objects)
      if (!object.matched && object.frame == fits[i].frame && label_of.count(object.frame) > 0 &&
          intersection_over_union(label_of.at(object.frame)->objects.at(object.label).box2d,
                                  set.observations[i].box) > 0.5)
        object.failure = fits[i].failure;
  }
  if (failed > 0)
    result.message =
        fmt::format("{} of {} objects failed; {}", failed, fits.size(), result.message);
}

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// What the prior can express at best, whatever the evidence.
void add_shape_metrics(const json& config, const ShapePrior& prior, CellResult& result) {
  const int cars = config.at("evaluation").at("held_out_cars");
  if (cars == 0) return;
  const auto seed = config.at("shape_prior").at("seed").get<std::uint64_t>();
  const ShapeAgreement mean = mean_agreement(reconstruct(prior, held_out_corpus(cars, seed)));
  result.metrics.push_back(metric_value("shape_iou", mean.iou));
  result.metrics.push_back(metric_value("shape_chamfer_error", 100 * mean.chamfer));
}

/// What the fits made of it.
void add_fitted_shape_metrics(const json& config,
                              const std::string& root,
                              const std::vector<FrameAnnotations>& labels,
                              const std::vector<FittedObject>& fits,
                              const ShapePrior& prior,
                              CellResult& result) {
  const json& evaluation = config.at("evaluation");
  if (!evaluation.at("fitted_shapes")) return;
  const std::string difficulty = evaluation.at("difficulty");
  const FittedShapes shapes =
      fitted_shapes(root, labels, result.detections, fits, prior, difficulty_named(difficulty));
  const auto add = [&](const char* name, double value) {
    result.metrics.push_back(metric_value(name, value));
    result.metrics.back().category = "car";
    result.metrics.back().difficulty = difficulty;
  };
  add("fitted_shape_iou", shapes.mean.iou);
  add("fitted_shape_chamfer_error", 100 * shapes.mean.chamfer);
}

}  // namespace

CellOutcome run_cell(const CellPlan& plan, const CellProgress& progress) {
  const json config = json::parse(plan.config);
  Registry registry(plan.plugin_folders);
  progress("reading the data", 0);
  const DatasetOptions data = dataset_options(config, plan.seed, plan.cache);
  ObservationSet set = load_observations(data);

  const Method method = make_method(config, registry, plan.cache);
  const Objective objective = method.objective();
  const double cpu_before = cpu_seconds();
  const FitResult fits =
      fit_objects(set.observations, objective, *method.rule, method.settings, [&](double share) {
        progress("fitting", 0.05 + 0.9 * share);
      });
  const double fit_seconds = cpu_seconds() - cpu_before;
  require_a_fit(fits.objects);

  progress("evaluating", 0.95);
  const std::vector<FrameAnnotations> labels =
      load_labels(data.root, set.frames, data.on_error, &set.skipped_frames);
  CellOutcome outcome;
  CellResult& result = outcome.result;
  result.cell = plan.id;
  result.state = "done";
  result.detections = detections_of(labels, set, fits.objects);
  const json& evaluation = config.at("evaluation");
  result.metrics = measure(labels, result.detections, evaluation.at("difficulty"), result.objects);
  add_losses(fits.objects, result.objects);
  add_shape_metrics(config, *method.prior, result);
  add_fitted_shape_metrics(config, data.root, labels, fits.objects, *method.prior, result);
  result.provenance = process_provenance();
  add_counts(fits, set, fit_seconds, result.metrics);
  tell_failures(fits.objects, set, labels, result);
  add_curves(fits.curve, objective.losses(), result.series);
  for (const Skipped& skipped : set.skipped_frames)
    result.provenance["skipped frame " + skipped.frame] = skipped.reason;
  for (const Skipped& skipped : set.skipped_objects)
    result.provenance[fmt::format("skipped object {}/{}", skipped.frame, skipped.object)] =
        skipped.reason;
  if (evaluation.at("overlays").get<bool>() && !plan.pictures.empty())
    outcome.pictures = pictures_of(data.root, labels, fits.objects);
  return outcome;
}

}  // namespace monodr
