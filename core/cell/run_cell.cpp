// SPDX-License-Identifier: Apache-2.0
#include "cell/run_cell.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "cell/data_request.h"
#include "cell/fitted_shapes.h"
#include "cell/metrics.h"
#include "cell/networks.h"
#include "cell/prior_evaluation.h"
#include "cell/provenance.h"
#include "cell/run_method.h"
#include "cell/what_met.h"
#include "corpus/corpus.h"
#include "evidence/frame_source.h"
#include "evidence/network_evidence.h"
#include "fitting/heading_distribution.h"
#include "methods/method.h"
#include "methods/trained_prior.h"

namespace monodr {
namespace {

using nlohmann::json;

/// As KITTI results, one entry a frame, frames without detections included.
std::vector<FrameAnnotations> detections_of(const std::vector<std::string>& frame_names,
                                            const std::vector<FittedObject>& objects) {
  std::map<std::string, size_t> row_of;
  std::vector<FrameAnnotations> frames;
  for (const std::string& name : frame_names) {
    row_of[name] = frames.size();
    frames.push_back({name, {}});
  }
  for (const FittedObject& object : objects) {
    if (!object.failure.empty() || row_of.count(object.frame) == 0) continue;
    Annotation detection;
    detection.category = object.category;
    detection.truncation = -1;
    detection.occlusion = -1;
    detection.alpha = object.alpha;
    detection.box2d = object.box2d;
    detection.box3d = object.box;
    detection.score = object.score;
    frames[row_of.at(object.frame)].objects.push_back(detection);
  }
  return frames;
}

/// All that were read, but those whose labels cannot be: whoever draws or compares results later reads them again.
std::vector<std::string> result_frames(const ObservationSet& set) {
  std::vector<std::string> names = set.frames;
  std::erase_if(names, [&](const std::string& name) {
    return std::any_of(set.skipped_frames.begin(),
                       set.skipped_frames.end(),
                       [&](const Skipped& skipped) { return skipped.frame == name; });
  });
  return names;
}

/// Those in frames with labels: a detection where nobody labelled is no false one.
std::vector<FrameAnnotations> evaluated(std::vector<FrameAnnotations> detections,
                                        const std::vector<FrameAnnotations>& labels) {
  std::set<std::string> labelled;
  for (const FrameAnnotations& frame : labels) labelled.insert(frame.frame);
  std::erase_if(detections,
                [&](const FrameAnnotations& frame) { return labelled.count(frame.frame) == 0; });
  return detections;
}

/// Shows each frame to whoever draws it, and lets its meshes go.
FramesDone show_frames(const std::shared_ptr<const FrameSource>& source,
                       const CellSettings& settings,
                       const CellWishes& wishes) {
  return [=, &settings, &wishes](const std::vector<std::string>& frames,
                                 std::vector<FittedObject>& objects) {
    const bool draws = wishes.picture && settings.evaluation.overlays;
    for (const std::string& frame : frames) {
      if (!draws) break;
      // A broken file of labels is told of, or passed over, where the labels are read for the evaluation.
      std::vector<FrameAnnotations> labels = load_labels(*source, {frame}, OnError::skip);
      FramePicture picture{frame, [source, frame] { return source->view(frame); }, {}, {}};
      for (const FrameAnnotations& of_frame : labels)
        for (const Annotation& label : of_frame.objects)
          if (settings.category.includes(label.category)) picture.labels.push_back(label);
      for (const FittedObject& fit : objects)
        if (fit.frame == frame && fit.failure.empty() && fit.has_box())
          picture.objects.push_back(fit);
      if (labels.empty() && source->has_labels(frame)) continue;  // no result will name it
      wishes.picture(picture);
    }
    if (wishes.keep_meshes) return;
    for (FittedObject& object : objects) object.mesh = {};
  };
}

void add_curves(const MethodResult& found, std::vector<SeriesPoint>& series) {
  for (const auto& [name, values] : found.curves)
    for (size_t step = 0; step < values.size(); ++step)
      series.push_back({"loss." + name, static_cast<int>(step), values[step]});
}

/// To five digits, behind which a network means nothing, and a file of many objects stays small.
std::vector<double> rounded(const std::vector<float>& probabilities) {
  std::vector<double> result;
  for (const float p : probabilities) result.push_back(std::round(double{p} * 1e5) / 1e5);
  return result;
}

bool was_asked(const FittedObject& fit) {
  return fit.failure.empty() && !fit.heading_distribution.empty();
}

/// Of each matched object the loss at the end of its fit, the probability of its heading and what a network gives it; of
/// each fit all its headings, and what a network says of them.
void add_fit_facts(const std::vector<FittedObject>& fits, CellResult& result) {
  std::map<std::string, std::vector<const FittedObject*>> fits_of;  // in the order of detections_of
  for (const FrameAnnotations& frame : result.detections) fits_of[frame.frame];
  for (const FittedObject& fit : fits) {
    if (!fit.failure.empty() || fits_of.count(fit.frame) == 0) continue;
    const int detection = static_cast<int>(fits_of[fit.frame].size());
    fits_of[fit.frame].push_back(&fit);
    for (const HeadingMode& mode : fit.modes) result.modes.push_back({mode, fit.frame, detection});
    if (was_asked(fit))
      result.distributions.push_back({fit.frame, detection, rounded(fit.heading_distribution)});
  }
  for (ObjectResult& object : result.objects) {
    if (!object.matched) continue;
    const FittedObject& fit = *fits_of.at(object.frame).at(object.detection);
    object.loss = fit.loss;
    if (!fit.modes.empty()) object.heading_probability = fit.modes.front().probability;
    if (was_asked(fit))
      object.heading_support = heading_support(fit.heading_distribution, fit.alpha);
  }
}

bool is_doubtful(const FittedObject& fit) {
  constexpr double kSure = 0.8;
  return fit.failure.empty() && !fit.modes.empty() && fit.modes.front().probability < kSure;
}

bool is_doubted(const FittedObject& fit) {
  constexpr double kLittle = 0.2;
  return was_asked(fit) && heading_support(fit.heading_distribution, fit.alpha) < kLittle;
}

/// How many objects were fitted, failed and were left out, and what an object cost.
void add_counts(const MethodResult& fits,
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
  add("doubtful_headings", std::count_if(fits.objects.begin(), fits.objects.end(), is_doubtful));
  if (const auto asked = std::count_if(fits.objects.begin(), fits.objects.end(), was_asked))
    add("doubted_headings",
        static_cast<double>(std::count_if(fits.objects.begin(), fits.objects.end(), is_doubted)) /
            static_cast<double>(asked));
  add("failed_objects", failed);
  add("failed_hypotheses", fits.failed_hypotheses);
  add("skipped_objects", set.skipped_objects.size());
  add("skipped_frames", set.skipped_frames.size());
}

/// Says of each object that has no pose why: in the cell's message, among its facts, and at the
/// label that was missed for it.
void tell_failures(const std::vector<FittedObject>& fits,
                   const std::vector<FrameAnnotations>& labels,
                   CellResult& result) {
  std::map<std::string, const FrameAnnotations*> label_of;
  for (const FrameAnnotations& frame : labels) label_of[frame.frame] = &frame;
  int failed = 0;
  std::string first;
  for (size_t i = 0; i < fits.size(); ++i) {
    if (fits[i].failure.empty()) continue;
    ++failed;
    const std::string name = fmt::format("object {}/{}", fits[i].frame, fits[i].object);
    result.provenance["failed " + name] = fits[i].failure;
    if (failed == 1) first = fmt::format("{}: {}", name, fits[i].failure);
    for (ObjectResult& object : result.objects)
      if (!object.matched && object.frame == fits[i].frame && label_of.count(object.frame) > 0 &&
          intersection_over_union(label_of.at(object.frame)->objects.at(object.label).box2d,
                                  fits[i].box2d) > 0.5)
        object.failure = fits[i].failure;
  }
  if (failed > 0)
    result.message = fmt::format("{} of {} objects failed; {}{}{}",
                                 failed,
                                 fits.size(),
                                 first,
                                 result.message.empty() ? "" : "; ",
                                 result.message);
}

/// What the prior can express at best, whatever the evidence.
void add_shape_metrics(const CellSettings& settings,
                       const std::string& cache,
                       const ShapePrior& prior,
                       CellResult& result) {
  const auto count = static_cast<size_t>(settings.evaluation.held_out_cars);
  if (count == 0) return;
  CorpusRequest options = corpus_request(settings, cache);
  if (settings.category.corpus == kParametricCars)
    options.root.clear();  // never trained on, whatever was
  options.cars = 0;
  options.held_out = settings.evaluation.held_out_cars;
  std::vector<CorpusItem> items = make_corpus(options, [](double) {}).held_out;
  items.resize(std::min(count, items.size()));
  const ShapeAgreement mean = mean_agreement(reconstruct(prior, items, settings.category));
  result.metrics.push_back(metric_value("shape_iou", mean.iou));
  result.metrics.push_back(metric_value("shape_chamfer_error", 100 * mean.chamfer));
}

/// What the fits made of it.
void add_fitted_shape_metrics(const CellSettings& settings,
                              const std::string& root,
                              const std::vector<FrameAnnotations>& labels,
                              const std::vector<FrameAnnotations>& detections,
                              const std::vector<FittedObject>& fits,
                              const ShapePrior& prior,
                              CellResult& result) {
  if (!settings.evaluation.fitted_shapes) return;
  const Difficulty difficulty = settings.evaluation.difficulty;
  const FittedShapes shapes =
      fitted_shapes(root, labels, detections, fits, prior, settings.category, difficulty);
  for (MetricValue metric :
       {metric_value("fitted_shape_iou", shapes.mean.iou),
        metric_value("fitted_shape_chamfer_error", 100 * shapes.mean.chamfer)}) {
    metric.category = lower_case(settings.category.name);
    metric.difficulty = name_of(difficulty);
    result.metrics.push_back(metric);
  }
}

void add_note(CellResult& result, const std::string& note) {
  result.message += (result.message.empty() ? "" : "; ") + note;
}

/// A mean over the few labels that met anything says little of the others.
void note_low_recall(CellResult& result) {
  constexpr double kLowRate = 0.5;
  const auto met = std::count_if(result.objects.begin(),
                                 result.objects.end(),
                                 [](const auto& object) { return object.matched; });
  if (static_cast<double>(met) < kLowRate * static_cast<double>(result.objects.size()))
    add_note(
        result,
        fmt::format(
            "only {} of the {} labels that count met a detection", met, result.objects.size()));
}

void add_skipped(const ObservationSet& set, CellResult& result) {
  for (const Skipped& skipped : set.skipped_frames)
    result.provenance["skipped frame " + skipped.frame] = skipped.reason;
  for (const Skipped& skipped : set.skipped_objects)
    result.provenance[fmt::format("skipped object {}/{}", skipped.frame, skipped.object)] =
        skipped.reason;
}

}  // namespace

CellOutcome run_cell(const CellOrder& order,
                     const CellProgress& progress,
                     const CellWishes& wishes) {
  const json config = json::parse(order.record.config);
  const CellSettings settings = cell_settings(config);
  Registry registry(order.plugin_folders);
  progress("reading the data", 0);
  DatasetRequest data =
      data_request(settings, static_cast<std::uint64_t>(order.record.seed), order.cache);
  data.networks = networks_of(config, registry, order.cache);
  const std::shared_ptr<const FrameSource> source = open_frame_source(data);
  const auto method = make_method(config, registry, order.cache);
  MethodRun run = run_method(
      *method,
      *source,
      data,
      reads_observations(config, data),
      looks_at_observations(config),
      [&](double share) { progress("fitting", 0.05 + 0.9 * share); },
      show_frames(source, settings, wishes));
  const MethodResult& found = run.found;
  ObservationSet& set = run.set;
  require_detections(found, set, settings.category);

  progress("evaluating", 0.95);
  const std::vector<FrameAnnotations> labels =
      load_labels(*source, set.frames, data.on_error, &set.skipped_frames);
  const std::vector<std::string> frames = result_frames(set);
  CellOutcome outcome;
  CellResult& result = outcome.result;
  result.cell = order.record.id;
  result.state = "done";
  result.detections = detections_of(frames, found.objects);
  result.provenance = process_provenance();
  const std::vector<FrameAnnotations> detections = evaluated(result.detections, labels);
  const Meetings met = meetings(labels, detections, settings.category);
  require_meetings(met, settings.category);
  if (labels.empty())
    result.message = "the data have no labels, so that nothing was evaluated";
  else if (met.labels == 0)
    result.message =
        fmt::format("the labels of {} frames hold no {}{}, so that nothing was evaluated",
                    met.frames,
                    settings.category.name,
                    met.other_class.empty() ? "" : " (but " + met.other_class + ")");
  else
    result.metrics = measure(
        labels, detections, settings.category, settings.evaluation.difficulty, result.objects);
  if (!labels.empty() && labels.size() < frames.size())
    add_note(result,
             fmt::format("{} of {} frames have no labels and were not evaluated",
                         frames.size() - labels.size(),
                         frames.size()));
  add_fit_facts(found.objects, result);
  if (const ShapePrior* prior = method->shape_prior()) {
    add_shape_metrics(settings, order.cache, *prior, result);
    add_fitted_shape_metrics(
        settings, data.root, labels, detections, found.objects, *prior, result);
  }
  add_counts(found, set, run.seconds, result.metrics);
  tell_failures(found.objects, labels, result);
  add_curves(found, result.series);
  if (looks_at_observations(config))
    result.provenance["evidence"] = describe_counts(set, settings.category.name);
  if (data.networks)
    for (const auto& [fact, value] : network_provenance(config, *data.networks))
      result.provenance[fact] = value;
  add_skipped(set, result);
  if (found.starts_without_detection > 0)
    add_note(
        result,
        fmt::format(
            "{} of {} objects met no box of fit.start_detections (or, where fit.start looks at "
            "measured points, have fewer than 8) and started at headings around the circle",
            found.starts_without_detection,
            found.objects.size()));
  for (const std::vector<std::string>* notes : {&found.notes, &std::as_const(set).notes})
    for (const std::string& note : *notes) add_note(result, note);
  note_low_recall(result);
  outcome.fits = std::move(run.found.objects);
  return outcome;
}

}  // namespace monodr
