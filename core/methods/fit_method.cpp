// SPDX-License-Identifier: Apache-2.0
#include "methods/fit_method.h"

#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "fitting/fit.h"
#include "methods/fit_pipeline.h"
#include "settings/sections.h"

namespace monodr {
namespace {

/// The observations of each track and block; who has no track is one alone.
std::vector<Track> tracks_of(const std::vector<Sighting>& sightings) {
  std::vector<Track> tracks;
  std::map<std::pair<int, std::string>, size_t> known;
  for (size_t i = 0; i < sightings.size(); ++i) {
    const Sighting& sighting = sightings[i];
    size_t track = tracks.size();
    if (!sighting.track.empty())
      track = known.try_emplace({sighting.block, sighting.track}, track).first->second;
    if (track == tracks.size()) tracks.emplace_back();
    tracks[track].rows.push_back(static_cast<int64_t>(i));
    tracks[track].times.push_back(sighting.moment.time);
    tracks[track].camera_to_world.push_back(sighting.moment.camera_to_world);
  }
  return tracks;
}

class FitMethod : public Method {
 public:
  FitMethod(FitPipeline pipeline, std::unique_ptr<Initialiser> initialiser)
      : pipeline_(std::move(pipeline)), initialiser_(std::move(initialiser)) {}

  MethodResult detect(const ObservationSet& set,
                      const std::function<void(double share)>& progress) const override {
    const Objective objective = pipeline_.objective();
    FitResult fit = fitted(set, objective, progress);
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
  FitResult fitted(const ObservationSet& set,
                   const Objective& objective,
                   const std::function<void(double share)>& progress) const {
    const Rule& rule = *pipeline_.rule;
    const FitSettings& settings = pipeline_.settings;
    if (set.sightings.empty())
      return fit_objects(set.observations, objective, rule, settings, *initialiser_, progress);
    return fit_tracks(set.observations,
                      tracks_of(set.sightings),
                      objective,
                      rule,
                      settings,
                      *initialiser_,
                      progress);
  }

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
