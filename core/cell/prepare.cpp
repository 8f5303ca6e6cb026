// SPDX-License-Identifier: Apache-2.0
#include "cell/prepare.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "cell/config.h"
#include "data/parametric_car.h"
#include "data/synthetic.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

SynthesisOptions synthesis_options(const json& config, const std::string& cache) {
  const json& dataset = config.at("dataset");
  SynthesisOptions options;
  options.objects = dataset.at("objects").get<int>();
  options.seed = dataset.at("scene_seed").get<std::uint64_t>();
  options.output = synthetic_folder(cache, options);
  return options;
}

std::unique_ptr<ShapePrior> make_prior(const json& section, Registry& registry) {
  const std::string name = section.at("plugin");
  const PluginDescriptor& descriptor = registry.find(PluginKind::shape_prior, name);
  json table = section.value(name, json::object());
  table["latent_dims"] = section.at("latent_dims");
  return registry.make_shape_prior(
      name, parameters_from_json(descriptor.info.parameters, table, "shape_prior." + name));
}

/// Named by the hash of all that went into it, so that a changed plugin or corpus trains anew.
std::string prior_path(const json& section, Registry& registry, const std::string& cache) {
  const PluginInfo& info =
      registry.find(PluginKind::shape_prior, section.at("plugin").get<std::string>()).info;
  const std::string inputs = section.dump() + info.file_hash + parametric_car_corpus_version;
  return (fs::path(cache) / ("prior-" + sha256(inputs).substr(0, 16) + ".bin")).string();
}

}  // namespace

void prepare(const json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note) {
  // The user's own data comes first: nothing is written before it is known to be readable.
  const bool is_synthetic = config.at("dataset").at("source") == "synthetic";
  if (!is_synthetic) {
    progress("checking the data", 0);
    for (const Skipped& skipped : check_dataset(dataset_options(config, 0, cache)))
      note(fmt::format("skipping frame {}: {}", skipped.frame, skipped.reason));
  }
  fit_settings(config);
  fs::create_directories(cache);
  if (is_synthetic) {
    const SynthesisOptions options = synthesis_options(config, cache);
    if (!fs::exists(options.output))
      synthesize(options, [&](double share) { progress("making the synthetic scenes", share); });
  }
  const json& section = config.at("shape_prior");
  const std::string path = prior_path(section, registry, cache);
  if (fs::exists(path)) return;
  const auto prior = make_prior(section, registry);
  const auto seed = section.at("seed").get<std::uint64_t>();
  const auto corpus = training_corpus(section.at("corpus_cars").get<int>(), seed);
  TrainingOptions options;
  options.seed = seed;
  options.progress = [&](double share, double) {
    progress("training " + section.at("plugin").get<std::string>(), share);
    return true;
  };
  prior->train(corpus, options);
  prior->save(path);
}

std::string dataset_root(const json& config, const std::string& cache) {
  const json& dataset = config.at("dataset");
  if (dataset.at("source") == "synthetic") return synthesis_options(config, cache).output;
  return dataset.at("root").get<std::string>();
}

std::shared_ptr<ShapePrior> load_shape_prior(const json& config,
                                             Registry& registry,
                                             const std::string& cache) {
  const json& section = config.at("shape_prior");
  std::shared_ptr<ShapePrior> prior = make_prior(section, registry);
  prior->load(prior_path(section, registry, cache));
  return prior;
}

}  // namespace monodr
