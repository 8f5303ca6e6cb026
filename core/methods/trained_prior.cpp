// SPDX-License-Identifier: Apache-2.0
#include "methods/trained_prior.h"

#include <chrono>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/file_cache.h"
#include "base/parameters_json.h"
#include "base/sha256.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

const PluginInfo& plugin_of(const ShapePriorSettings& settings, Registry& registry) {
  return registry.find(PluginKind::shape_prior, settings.plugin).info;
}

/// `section`: [shape_prior] of a resolved configuration, with the plugin's own table.
Parameters parameters_of(const json& section,
                         const ShapePriorSettings& settings,
                         const PluginInfo& info) {
  json table = section.value(info.name, json::object());
  if (settings.latent_dims != 0) table["latent_dims"] = settings.latent_dims;
  return parameters_from_json(info.parameters, table, "shape_prior." + info.name);
}

/// A training that writes down where it is every few seconds.
class ResumableTraining {
 public:
  ResumableTraining(std::string path, PriorRecord record)
      : checkpoint_(path + ".checkpoint"), record_(std::move(record)) {
    run_.seed = record_.seed;
    take_up();
    run_.progress = [this](double share, double loss) {
      if (std::isfinite(loss)) record_.curve.push_back({share, loss});
      if (report_) report_(share);
      return true;
    };
    run_.checkpoint = [this](const auto& state) {
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
    prior.train(corpus, run_);
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
      run_.resume = std::move(file.state);
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
  TrainingRun run_;
  std::function<void(double)> report_;
  Clock::time_point started_ = Clock::now(), written_ = Clock::now();
};

}  // namespace

CorpusRequest corpus_request(const CellSettings& settings, const std::string& cache) {
  const CorpusSettings& corpus = settings.corpus;
  const CategoryModel& category = settings.category;
  if (corpus.root.empty() && category.corpus.empty())
    throw UserError(fmt::format(
        "the category '{}' has no corpus that a shape prior could learn from; name a folder "
        "of meshes in [corpus] root or in the category's file",
        category.name));
  const bool is_folder = category.corpus != kParametricCars;
  CorpusRequest request{corpus, settings.shape_prior.seed, cache, category};
  if (corpus.root.empty() && is_folder) request.root = category.corpus;
  return request;
}

CorpusRequest corpus_request(const PriorRecord& record, const std::string& cache) {
  const json& corpus = record.corpus;
  return {
      {corpus.at("root"), corpus.at("cars"), corpus.at("held_out"), corpus.value("repair", true)},
      record.seed,
      cache,
      corpus.contains("category") ? category_binding().read(corpus.at("category"))
                                  : parametric_car_category()};
}

namespace {

constexpr const char* kFolder = "priors";  // of the cache
constexpr const char* kEnding = ".prior";

std::string prior_key(const json& config,
                      const CellSettings& settings,
                      Registry& registry,
                      const std::string& cache) {
  const std::string inputs = config.at("shape_prior").dump() +
                             plugin_of(settings.shape_prior, registry).file_hash +
                             corpus_fingerprint(corpus_request(settings, cache));
  return sha256(inputs).substr(0, 24);
}

void check_file(const ShapePriorSettings& settings) {
  const PriorRecord record = read_prior_record(settings.file);
  const auto check = [&](const char* key, const json& asked, const json& held) {
    if (held != asked)
      throw UserError(
          fmt::format("'shape_prior.file' is \"{}\", which holds a prior with {} = {}, but "
                      "{} = {} is asked for; write {} = {} in [shape_prior]",
                      settings.file,
                      key,
                      held.dump(),
                      key,
                      asked.dump(),
                      key,
                      held.dump()));
  };
  check("plugin", settings.plugin, record.plugin);
  if (settings.latent_dims != 0)
    check("latent_dims", settings.latent_dims, record.parameters.value("latent_dims", json()));
}

Corpus noted_corpus(const CorpusRequest& request,
                    const PrepareProgress& progress,
                    const PrepareNote& note) {
  Corpus corpus =
      make_corpus(request, [&](double share) { progress("repairing the corpus's meshes", share); });
  for (const MeshReport& report : corpus.reports)
    if (!report.findings.empty())
      note(fmt::format(
          "{}{}: {}", report.taken ? "" : "left out: ", report.name, join(report.findings, "; ")));
  return corpus;
}

}  // namespace

std::string prior_path(const json& config, Registry& registry, const std::string& cache) {
  const CellSettings settings = cell_settings(config);
  if (!settings.shape_prior.file.empty()) return settings.shape_prior.file;
  const std::string key = prior_key(config, settings, registry, cache);
  return (fs::path(cache) / kFolder / (key + kEnding)).string();
}

void make_trained_prior(const json& config,
                        Registry& registry,
                        const std::string& cache,
                        const PrepareProgress& progress,
                        const PrepareNote& note) {
  const CellSettings settings = cell_settings(config);
  if (!settings.shape_prior.file.empty()) {
    check_file(settings.shape_prior);
    return;
  }
  const FileCache kept((fs::path(cache) / kFolder).string(), kEnding);
  const std::string key = prior_key(config, settings, registry, cache), path = kept.path(key);
  if (kept.has(key)) return;
  const PluginInfo& info = plugin_of(settings.shape_prior, registry);
  const Parameters parameters = parameters_of(config.at("shape_prior"), settings.shape_prior, info);
  const CorpusRequest request = corpus_request(settings, cache);
  const Corpus corpus = noted_corpus(request, progress, note);
  const json description = {{"fingerprint", corpus_fingerprint(request)},
                            {"root", request.root},
                            {"cars", request.cars},
                            {"held_out", request.held_out},
                            {"repair", request.repair},
                            {"category", category_binding().write(request.category)},
                            {"meshes", corpus.training.size()}};
  ResumableTraining training(
      path, {info.name, info.version, to_json(parameters), description, request.seed, 0, {}});
  const auto prior = registry.make<ShapePrior>(info.name, parameters);
  const PriorRecord record = training.run(
      *prior, corpus.training, [&](double share) { progress("training " + info.name, share); });
  write_prior_file(path, record, prior->state());
  training.forget_checkpoint();
  kept.make_room();
}

std::unique_ptr<ShapePrior> untrained_prior(const json& config, Registry& registry) {
  const ShapePriorSettings settings = cell_settings(config).shape_prior;
  const PluginInfo& info = plugin_of(settings, registry);
  return registry.make<ShapePrior>(info.name,
                                   parameters_of(config.at("shape_prior"), settings, info));
}

std::shared_ptr<ShapePrior> load_shape_prior(const json& config,
                                             Registry& registry,
                                             const std::string& cache) {
  return load_prior(prior_path(config, registry, cache), registry);
}

}  // namespace monodr
