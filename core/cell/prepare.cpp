// SPDX-License-Identifier: Apache-2.0
#include "cell/prepare.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "cell/data_request.h"
#include "cell/fitted_shapes.h"
#include "cell/networks.h"
#include "cell/training_helpers.h"
#include "evidence/frame_source.h"
#include "evidence/network_evidence.h"
#include "methods/method.h"
#include "methods/trained_predictor.h"
#include "methods/training_examples.h"
#include "synthetic/synthetic.h"

namespace monodr {
namespace {

/// What is wrong with the labels, where no picture will be read.
std::vector<Skipped> check_labels(const DatasetRequest& data) {
  const auto source = open_frame_source(data);
  std::vector<Skipped> skipped;
  load_labels(*source, source->frames(), data.on_error, &skipped);
  return skipped;
}

void note_missing_labels(const DatasetRequest& data, const PrepareNote& note) {
  const auto source = open_frame_source(data);
  const std::vector<std::string> frames = source->frames();
  const auto missing = std::count_if(frames.begin(), frames.end(), [&](const std::string& frame) {
    return !source->has_labels(frame);
  });
  if (missing > 0)
    note(fmt::format(
        "{} of {} frames have no labels and will not be evaluated", missing, frames.size()));
}

/// Where the plugins lie that a training takes.
std::vector<std::string> folders_of(const nlohmann::json& config, Registry& registry) {
  const CellSettings settings = cell_settings(config);
  std::vector<std::pair<PluginKind, std::string>> plugins = {
      {PluginKind::predictor, settings.predictor.plugin},
      {PluginKind::shape_prior, settings.shape_prior.plugin},
      {PluginKind::renderer, settings.renderer.plugin},
      {PluginKind::rule, settings.rule.plugin},
      {PluginKind::rule, settings.train.rule}};
  for (const auto& [name, table] : config.at("loss").items())
    plugins.emplace_back(PluginKind::loss, table.value("plugin", name));
  std::set<std::string> folders;
  for (const auto& [kind, name] : plugins)
    folders.insert(
        std::filesystem::path(registry.find(kind, name).info.file).parent_path().string());
  return {folders.begin(), folders.end()};
}

}  // namespace

void prepare_data(const nlohmann::json& config,
                  Registry& registry,
                  const std::string& cache,
                  const PrepareProgress& progress,
                  const PrepareNote& note,
                  DataCheck check) {
  namespace fs = std::filesystem;
  const CellSettings settings = cell_settings(config);
  DatasetRequest data = data_request(settings, 0, cache);
  data.networks = networks_of(config, registry, cache);
  if (data.networks) data.networks->open();
  // The user's own data comes first: nothing is written before it is known to be readable.
  const bool reads_all = !data.is_synthetic() && check != DataCheck::none;
  const bool reads_pictures = reads_observations(config, data);
  if (reads_all) {
    progress("checking the data", 0);
    if (settings.evaluation.fitted_shapes) check_true_shapes(data.root);
    const char* what =
        data.networks ? "checking the data, asking the networks" : "checking the data";
    const auto check_pictures = [&] {
      const DatasetCheck found =
          check_dataset(data, at::get_num_threads(), [&](double share) { progress(what, share); });
      if (check == DataCheck::all && !found.nothing_to_fit.empty())
        throw UserError(found.nothing_to_fit);
      return found.skipped;
    };
    for (const Skipped& skipped : reads_pictures ? check_pictures() : check_labels(data))
      note(fmt::format("skipping frame {}: {}", skipped.frame, skipped.reason));
    note_missing_labels(data, note);
  }
  fs::create_directories(cache);
  if (reads_all && reads_pictures)
    cut_masks(data, at::get_num_threads(), [&](double share) { progress("cutting masks", share); });
  if (data.is_synthetic() && !fs::exists(data.root)) {
    SynthesisOptions scenes = scenes_of(data);
    scenes.output = data.root;
    synthesize(scenes, [&](double share) { progress("making the synthetic scenes", share); });
  }
}

void prepare(const nlohmann::json& config,
             Registry& registry,
             const std::string& cache,
             const PrepareProgress& progress,
             const PrepareNote& note,
             DataCheck check) {
  prepare_data(config, registry, cache, progress, note, check);
  if (cell_settings(config).method.predicts())
    prepare_predictor(config, registry, cache, progress, note);
  else
    prepare_method(config, registry, cache, progress, note);
}

void prepare_training_data(const nlohmann::json& config,
                           Registry& registry,
                           const std::string& cache,
                           const PrepareProgress& progress) {
  namespace fs = std::filesystem;
  const CellSettings settings = cell_settings(config);
  fs::create_directories(cache);
  if (fs::exists(predictor_path(config, registry, cache))) return;
  for (const DatasetRequest& request : training_requests(settings, cache)) {
    if (request.is_synthetic()) {
      if (fs::exists(request.root)) continue;
      SynthesisOptions scenes = scenes_of(settings.train);
      scenes.output = request.root;
      synthesize(scenes, [&](double share) { progress("making the training scenes", share); });
    } else {
      cut_masks(
          request, at::get_num_threads(), [&](double share) { progress("cutting masks", share); });
    }
  }
}

void prepare_predictor(const nlohmann::json& config,
                       Registry& registry,
                       const std::string& cache,
                       const PrepareProgress& progress,
                       const PrepareNote& note,
                       const Rendezvous& where) {
  const CellSettings settings = cell_settings(config);
  if (where.size > 1 && where.size != settings.train.processes)
    throw UserError(fmt::format("'train.processes' is {}, but {} processes were started to train",
                                settings.train.processes,
                                where.size));
  prepare_training_data(config, registry, cache, progress);
  const bool is_there = std::filesystem::exists(predictor_path(config, registry, cache));
  if (is_there || settings.train.processes == 1 || where.size > 1) {
    make_trained_predictor(config, registry, cache, progress, note, where);
    return;
  }
  make_trained_prior(config, registry, cache, progress, note);
  TrainingHelpers helpers({config.dump(), folders_of(config, registry), cache, {}},
                          settings.train.processes);
  helpers.watch(
      [&] { make_trained_predictor(config, registry, cache, progress, note, helpers.leader()); });
}

}  // namespace monodr
