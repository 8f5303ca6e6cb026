// SPDX-License-Identifier: Apache-2.0
#include "cell/trained_prior.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/parameters_json.h"
#include "base/sha256.h"
#include "data/parametric_car.h"
#include "plugin/prior_file.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

const PluginInfo& plugin_of(const json& section, Registry& registry) {
  return registry.find(PluginKind::shape_prior, section.at("plugin").get<std::string>()).info;
}

Parameters parameters_of(const json& section, const PluginInfo& info) {
  json table = section.value(info.name, json::object());
  table["latent_dims"] = section.at("latent_dims");
  return parameters_from_json(info.parameters, table, "shape_prior." + info.name);
}

/// A training that writes down where it is every few seconds.
class ResumableTraining {
 public:
  ResumableTraining(std::string path, PriorRecord record)
      : checkpoint_(path + ".checkpoint"), record_(std::move(record)) {
    options_.seed = record_.seed;
    take_up();
    options_.progress = [this](double share, double loss) {
      if (std::isfinite(loss)) record_.curve.push_back({share, loss});
      if (report_) report_(share);
      return true;
    };
    options_.checkpoint = [this](const auto& state) {
      constexpr double kInterval = 2;  // seconds
      if (seconds_since(written_) < kInterval) return;
      write_prior_file(checkpoint_, record_so_far(), state());
      written_ = Clock::now();
    };
  }

  PriorRecord run(ShapePrior& prior,
                  const std::vector<CorpusItem>& corpus,
                  std::function<void(double)> report) {
    report_ = std::move(report);
    prior.train(corpus, options_);
    return record_so_far();
  }
  void forget_checkpoint() const { fs::remove(checkpoint_); }

 private:
  // A checkpoint that cannot be read costs the time it had saved, no more.
  void take_up() {
    if (!fs::exists(checkpoint_)) return;
    try {
      PriorFile file = read_prior_file(checkpoint_);
      record_.curve = file.record.curve;
      record_.seconds = file.record.seconds;
      options_.resume = std::move(file.state);
    } catch (const UserError&) {
      fs::remove(checkpoint_);
    }
  }

  PriorRecord record_so_far() const {
    PriorRecord record = record_;
    record.seconds += seconds_since(started_);
    return record;
  }

  std::string checkpoint_;
  PriorRecord record_;
  TrainingOptions options_;
  std::function<void(double)> report_;
  Clock::time_point started_ = Clock::now(), written_ = Clock::now();
};

}  // namespace

std::string prior_path(const json& config, Registry& registry, const std::string& cache) {
  const json& section = config.at("shape_prior");
  const std::string inputs =
      section.dump() + plugin_of(section, registry).file_hash + parametric_car_corpus_version;
  return (fs::path(cache) / ("prior-" + sha256(inputs).substr(0, 16) + ".prior")).string();
}

void make_trained_prior(const json& config,
                        Registry& registry,
                        const std::string& cache,
                        const PrepareProgress& progress) {
  const std::string path = prior_path(config, registry, cache);
  if (fs::exists(path)) return;
  const json& section = config.at("shape_prior");
  const PluginInfo& info = plugin_of(section, registry);
  const Parameters parameters = parameters_of(section, info);
  const auto seed = section.at("seed").get<std::uint64_t>();
  const auto corpus = training_corpus(section.at("corpus_cars").get<int>(), seed);
  const json description = {{"fingerprint", parametric_car_corpus_version},
                            {"meshes", corpus.size()}};
  ResumableTraining training(
      path, {info.name, info.version, to_json(parameters), description, seed, 0, {}});
  const auto prior = registry.make_shape_prior(info.name, parameters);
  const PriorRecord record =
      training.run(*prior, corpus, [&](double share) { progress("training " + info.name, share); });
  write_prior_file(path, record, prior->state());
  training.forget_checkpoint();
}

std::shared_ptr<ShapePrior> load_shape_prior(const json& config,
                                             Registry& registry,
                                             const std::string& cache) {
  return load_prior(prior_path(config, registry, cache), registry);
}

}  // namespace monodr
