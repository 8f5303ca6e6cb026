// SPDX-License-Identifier: Apache-2.0
#include "methods/predictor_method.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fitting/fit.h"
#include "fitting/proposals.h"
#include "methods/fit_method.h"
#include "methods/fit_pipeline.h"
#include "methods/trained_predictor.h"
#include "settings/sections.h"

namespace monodr {
namespace {

/// Tells whoever reads a table what the predictor learned from, and how that went.
class WithPredictor : public Method {
 public:
  WithPredictor(std::unique_ptr<Method> method, TrainedPredictor trained, DatasetSettings dataset)
      : method_(std::move(method)), trained_(std::move(trained)), dataset_(std::move(dataset)) {}

  MethodResult detect(const ObservationSet& set,
                      const std::function<void(double share)>& progress) const override {
    MethodResult result = method_->detect(set, progress);
    for (const std::string& note : {trained_.note(), trained_.seen_before(dataset_)})
      if (!note.empty()) result.notes.push_back(note);
    std::vector<double> training, validation;
    for (const PredictorRecord::CurvePoint& point : trained_.record.curve) {
      training.push_back(point.training);
      if (std::isfinite(point.validation)) validation.push_back(point.validation);
    }
    result.curves.emplace_back("predictor training", std::move(training));
    if (!validation.empty())
      result.curves.emplace_back("predictor validation", std::move(validation));
    return result;
  }
  const ShapePrior* shape_prior() const override { return method_->shape_prior(); }

 private:
  std::unique_ptr<Method> method_;
  TrainedPredictor trained_;
  DatasetSettings dataset_;
};

/// The fit that starts where this predictor says.
StartedFit started_by(const TrainedPredictor& trained,
                      const nlohmann::json& config,
                      Registry& registry,
                      const std::string& cache) {
  CellSettings settings = cell_settings(config);
  // Where its training's fits start is another matter.
  if (settings.method.name == MethodKind::predictor) settings.fit.start = StartKind::headings;
  StartedFit fit{
      make_fit_pipeline(config, registry, cache),
      make_initialiser(settings.fit, settings.category, trained.predictor, settings.predictor),
      trained.note()};
  fit.pipeline.settings.heading_weight = settings.predictor.heading_weight;
  if (settings.method.name == MethodKind::predictor) {
    fit.pipeline.settings.iterations = 0;
    fit.pipeline.settings.hypotheses = 1;
  }
  return fit;
}

}  // namespace

std::unique_ptr<Method> make_predictor_method(const nlohmann::json& config,
                                              Registry& registry,
                                              const std::string& cache) {
  TrainedPredictor trained = load_trained_predictor(config, registry, cache);
  StartedFit fit = started_by(trained, config, registry, cache);
  return std::make_unique<WithPredictor>(
      make_fit_method(std::move(fit.pipeline), std::move(fit.initialiser)),
      std::move(trained),
      cell_settings(config).dataset);
}

StartedFit make_started_fit(const nlohmann::json& config,
                            Registry& registry,
                            const std::string& cache) {
  const CellSettings settings = cell_settings(config);
  if (settings.method.predicts())
    return started_by(load_trained_predictor(config, registry, cache), config, registry, cache);
  return {make_fit_pipeline(config, registry, cache),
          make_initialiser(settings.fit, settings.category),
          ""};
}

void check_predictor_method(const nlohmann::json& config, Registry& registry) {
  const CellSettings settings = cell_settings(config);
  if (settings.method.name == MethodKind::predictor && !settings.train.fits() &&
      settings.fit.start != StartKind::headings)
    throw UserError(fmt::format(
        "'fit.start' is '{}', but method.name = \"predictor\" is what the network says, "
        "without a fit; remove the key, or set method.name = \"predictor+fit\"",
        name_of(settings.fit.start)));
  check_fit_pipeline(config, registry);
  check_predictor(config, registry);
}

}  // namespace monodr
