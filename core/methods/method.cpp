// SPDX-License-Identifier: Apache-2.0
#include "methods/method.h"

#include <nlohmann/json.hpp>

#include "fitting/fit.h"
#include "methods/detection_files.h"
#include "methods/fit_pipeline.h"
#include "settings/sections.h"

namespace monodr {
namespace {

using nlohmann::json;

/// Render and compare.
class FitMethod : public Method {
 public:
  FitMethod(FitPipeline pipeline, const CategoryModel& category)
      : pipeline_(std::move(pipeline)),
        initialiser_(make_initialiser(pipeline_.settings, category)) {}

  MethodResult detect(const ObservationSet& set,
                      const std::function<void(double share)>& progress) const override {
    const Objective objective = pipeline_.objective();
    FitResult fit = fit_objects(
        set.observations, objective, *pipeline_.rule, pipeline_.settings, *initialiser_, progress);
    MethodResult result;
    result.objects = std::move(fit.objects);
    result.failed_hypotheses = fit.failed_hypotheses;
    result.renders = fit.renders;
    result.curves.emplace_back("total", std::move(fit.curve.total));
    for (size_t i = 0; i < objective.losses().size() && i < fit.curve.terms.size(); ++i)
      result.curves.emplace_back(objective.losses()[i].name, std::move(fit.curve.terms[i]));
    if (fit.starts_without_detection > 0)
      result.notes.push_back(
          fmt::format("{} of {} objects met no box of fit.start_detections and started at headings "
                      "around the circle",
                      fit.starts_without_detection,
                      set.observations.size()));
    return result;
  }
  const ShapePrior* shape_prior() const override { return pipeline_.prior.get(); }

 private:
  FitPipeline pipeline_;
  std::unique_ptr<Initialiser> initialiser_;
};

/// The 3-D boxes of another system, all of its class in the frames of the data set: an evaluation that left
/// out what meets no observation would flatter it.
class BoxesMethod : public Method {
 public:
  explicit BoxesMethod(DetectionFiles files) : files_(std::move(files)) {}

  MethodResult detect(const ObservationSet& set,
                      const std::function<void(double share)>& progress) const override {
    MethodResult result;
    int frames_without = 0;
    for (const std::string& frame : set.frames) {
      const auto found = files_.by_frame().find(frame);
      if (found == files_.by_frame().end()) {
        ++frames_without;
        continue;
      }
      for (size_t i = 0; i < found->second.size(); ++i)
        result.objects.push_back(as_object(frame, int(i), found->second[i]));
    }
    if (frames_without == int(set.frames.size()) && !set.frames.empty())
      throw UserError(
          fmt::format("'method.detections' is \"{}\", which has a file for none of the {} frames; "
                      "files are named by "
                      "their frames: {}.txt",
                      files_.folder(),
                      set.frames.size(),
                      set.frames.front()));
    if (frames_without > 0)
      result.notes.push_back(fmt::format(
          "{} of {} frames have no file in method.detections", frames_without, set.frames.size()));
    progress(1);
    return result;
  }

 private:
  static FittedObject as_object(const std::string& frame, int number, const Annotation& detection) {
    FittedObject object;
    object.frame = frame;
    object.object = number;
    object.category = detection.category;
    object.box2d = detection.box2d;
    object.box = detection.box3d;
    object.alpha = detection.alpha;
    object.score = detection.score;
    return object;
  }

  DetectionFiles files_;
};

}  // namespace

std::unique_ptr<Method> make_method(const json& config,
                                    Registry& registry,
                                    const std::string& cache) {
  const CellSettings settings = cell_settings(config);
  if (settings.method.name == MethodKind::boxes)
    return std::make_unique<BoxesMethod>(
        DetectionFiles(settings.method.detections, settings.category, "method.detections"));
  return std::make_unique<FitMethod>(make_fit_pipeline(config, registry, cache), settings.category);
}

void check_method(const json& config, Registry& registry) {
  const CellSettings settings = cell_settings(config);
  if (settings.method.name == MethodKind::boxes) {
    DetectionFiles(settings.method.detections, settings.category, "method.detections");
    return;
  }
  check_fit_pipeline(config, registry);
  make_initialiser(settings.fit, settings.category);
}

}  // namespace monodr
