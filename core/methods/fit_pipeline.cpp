// SPDX-License-Identifier: Apache-2.0
#include "methods/fit_pipeline.h"

#include <nlohmann/json.hpp>

#include "base/parameters_json.h"
#include "fitting/axis_initialiser.h"
#include "fitting/proposals.h"
#include "fitting/search_initialiser.h"
#include "methods/detection_files.h"
#include "methods/trained_prior.h"
#include "settings/sections.h"

namespace monodr {
namespace {

using nlohmann::json;

/// The [KIND.NAME] table of the plugin that section [KIND] selects, checked.
Parameters plugin_parameters(const PluginDescriptor& descriptor, const json& section) {
  const PluginInfo& info = descriptor.info;
  return parameters_from_json(info.parameters,
                              section.value(info.name, json::object()),
                              std::string(to_string(info.kind)) + "." + info.name);
}

std::shared_ptr<Renderer> make_renderer(const json& config, Registry& registry) {
  const json& section = config.at("renderer");
  const std::string name = section.at("plugin");
  return registry.make<Renderer>(
      name, plugin_parameters(registry.find(PluginKind::renderer, name), section));
}

std::unique_ptr<Rule> make_rule(const json& config, Registry& registry) {
  const json& section = config.at("rule");
  const std::string name = section.at("plugin");
  return registry.make<Rule>(name,
                             plugin_parameters(registry.find(PluginKind::rule, name), section));
}

std::vector<WeightedLoss> make_losses(const json& config, Registry& registry) {
  std::vector<WeightedLoss> losses;
  for (const auto& [name, table] : config.at("loss").items()) {
    const double weight = table.at("weight");
    if (weight == 0) continue;
    const std::string plugin = table.value("plugin", name);
    const PluginDescriptor& descriptor = registry.find(PluginKind::loss, plugin);
    const Parameters parameters =
        parameters_from_json(descriptor.info.parameters, table, "loss." + name);
    losses.push_back({name, weight, registry.make<Loss>(plugin, parameters)});
  }
  return losses;
}

}  // namespace

Objective FitPipeline::objective(const std::string& only) const {
  std::vector<WeightedLoss> chosen;
  for (const WeightedLoss& loss : losses)
    if (only.empty() || loss.name == only) chosen.push_back(loss);
  return Objective(prior, renderer, chosen);
}

FitPipeline make_fit_pipeline(const json& config, Registry& registry, const std::string& cache) {
  FitPipeline pipeline;
  pipeline.settings = cell_settings(config).fit;
  pipeline.prior = load_shape_prior(config, registry, cache);
  pipeline.renderer = make_renderer(config, registry);
  pipeline.losses = make_losses(config, registry);
  pipeline.rule = make_rule(config, registry);
  return pipeline;
}

void check_fit_pipeline(const json& config, Registry& registry) {
  const CellSettings settings = cell_settings(config);
  check_parts_fit(settings.shape_prior.plugin,
                  *untrained_prior(config, registry),
                  settings.renderer.plugin,
                  *make_renderer(config, registry),
                  make_losses(config, registry));
  make_rule(config, registry);
}

std::unique_ptr<Initialiser> make_initialiser(const FitSettings& settings,
                                              const CategoryModel& category) {
  if (settings.start == StartKind::headings) return std::make_unique<HeadingInitialiser>();
  if (settings.start == StartKind::principal_axis) return std::make_unique<AxisInitialiser>();
  if (settings.start == StartKind::search) return std::make_unique<SearchInitialiser>();
  return std::make_unique<DetectionInitialiser>(
      DetectionFiles(settings.start_detections, category, "fit.start_detections").by_frame());
}

std::unique_ptr<Initialiser> make_initialiser(const FitSettings& settings,
                                              const CategoryModel& category,
                                              std::shared_ptr<const Predictor> predictor,
                                              const PredictorSettings& how) {
  const Views views{how.mirror, how.views};
  if (settings.start == StartKind::headings)
    return std::make_unique<PredictorInitialiser>(std::move(predictor), views);
  return std::make_unique<JudgedInitialiser>(
      make_initialiser(settings, category), std::move(predictor), views);
}

}  // namespace monodr
