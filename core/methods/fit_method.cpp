// SPDX-License-Identifier: Apache-2.0
#include "methods/fit_method.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fitting/fit.h"
#include "methods/fit_pipeline.h"
#include "settings/sections.h"

namespace monodr {
namespace {

class FitMethod : public Method {
 public:
  FitMethod(FitPipeline pipeline, std::unique_ptr<Initialiser> initialiser)
      : pipeline_(std::move(pipeline)), initialiser_(std::move(initialiser)) {}

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
    result.starts_without_detection = fit.starts_without_detection;
    return result;
  }
  const ShapePrior* shape_prior() const override { return pipeline_.prior.get(); }

 private:
  FitPipeline pipeline_;
  std::unique_ptr<Initialiser> initialiser_;
};

}  // namespace

std::unique_ptr<Method> make_fit_method(const nlohmann::json& config,
                                        Registry& registry,
                                        const std::string& cache) {
  const CellSettings settings = cell_settings(config);
  return make_fit_method(make_fit_pipeline(config, registry, cache),
                         make_initialiser(settings.fit, settings.category));
}

std::unique_ptr<Method> make_fit_method(FitPipeline pipeline,
                                        std::unique_ptr<Initialiser> initialiser) {
  return std::make_unique<FitMethod>(std::move(pipeline), std::move(initialiser));
}

void check_fit_method(const nlohmann::json& config, Registry& registry) {
  const CellSettings settings = cell_settings(config);
  check_fit_pipeline(config, registry);
  make_initialiser(settings.fit, settings.category);
}

}  // namespace monodr
