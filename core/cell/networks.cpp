// SPDX-License-Identifier: Apache-2.0
#include "cell/networks.h"

#include <nlohmann/json.hpp>

#include "base/parameters_json.h"
#include "base/path_identity.h"
#include "base/sha256.h"
#include "evidence/network_evidence.h"
#include "settings/sections.h"

namespace monodr {
namespace {

using nlohmann::json;

/// The plugin that section [KIND] selects, and how it is made.
template <typename Plugin>
IdentifiedNetwork<Plugin> network_of(const json& config, Registry& registry) {
  const PluginKind kind = PluginKindOf<Plugin>::kind;
  const std::string section(to_string(kind));
  const std::string name = config.at(section).at("plugin");
  const PluginInfo& info = registry.find(kind, name).info;
  const Parameters parameters = parameters_from_json(
      info.parameters, config.at(section).value(name, json::object()), section + "." + name);
  std::string identity = info.file_hash + to_json(parameters).dump();
  for (const Parameter& parameter : info.parameters)
    if (parameter.is_file && !parameters.text(parameter.name).empty())
      identity += path_identity(parameters.text(parameter.name));
  return {[&registry, name, parameters] { return registry.make<Plugin>(name, parameters); },
          sha256(identity)};
}

}  // namespace

std::shared_ptr<const NetworkEvidence> networks_of(const json& config,
                                                   Registry& registry,
                                                   const std::string& cache) {
  const DatasetSettings dataset = cell_settings(config).dataset;
  if (!dataset.asks_detector() && !dataset.asks_depth_estimator()) return nullptr;
  IdentifiedNetwork<Detector> detector;
  IdentifiedNetwork<DepthEstimator> depth_estimator;
  if (dataset.asks_detector()) detector = network_of<Detector>(config, registry);
  if (dataset.asks_depth_estimator())
    depth_estimator = network_of<DepthEstimator>(config, registry);
  return std::make_shared<const NetworkEvidence>(
      std::move(detector), std::move(depth_estimator), cache);
}

std::map<std::string, std::string> network_provenance(const json& config,
                                                      const NetworkEvidence& networks) {
  std::map<std::string, std::string> facts;
  for (const char* kind : {"detector", "depth_estimator"}) {
    if (!config.contains(kind)) continue;
    const json& section = config.at(kind);
    const json plugin = section.value(section.at("plugin").get<std::string>(), json::object());
    const std::string model = plugin.value("model", "");
    if (!model.empty())
      facts[std::string("network ") + kind] =
          fmt::format("{} sha256 {}", model, path_identity(model));
  }
  const NetworkEvidence::Cost cost = networks.cost();
  facts["network answers"] = fmt::format("{} computed in {:.2f} s, {} kept from before",
                                         cost.pictures_run,
                                         cost.seconds,
                                         cost.pictures_kept);
  return facts;
}

}  // namespace monodr
