// SPDX-License-Identifier: Apache-2.0
#include "launch/preparation.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "launch/ask_worker.h"
#include "launch/orders.h"

namespace monodr {
std::vector<std::string> distinct_configurations(const std::vector<CellRecord>& cells,
                                                 const std::vector<bool>& chosen) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string> configurations;
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (chosen[i] && seen.insert(cells[i].config).second) configurations.push_back(cells[i].config);
  return configurations;
}

namespace {

using nlohmann::json;

std::vector<std::string> configurations_of(const std::vector<CellRecord>& cells) {
  return distinct_configurations(cells, std::vector<bool>(cells.size(), true));
}

/// What a predictor's training hangs on beside data and prior.
constexpr const char* kLearnedFrom[] = {"predictor", "train", "renderer", "loss", "fit", "rule"};

bool is_learned_from(const std::string& section) {
  return std::find(std::begin(kLearnedFrom), std::end(kLearnedFrom), section) !=
         std::end(kLearnedFrom);
}

/// Sections of a configuration, of a method without a predictor but those that one is learned from, as one text.
std::string text_of(const json& config, const std::vector<std::string>& sections) {
  std::string text;
  for (const std::string& section : sections)
    if (config.contains("predictor") || !is_learned_from(section))
      text += config.value(section, json()).dump();
  return text;
}

// One configuration for each that differs in one of these sections.
std::vector<std::string> distinct_inputs(const std::vector<std::string>& configurations,
                                         const std::vector<std::string>& sections) {
  std::set<std::string> seen;
  std::vector<std::string> distinct;
  for (const std::string& text : configurations)
    if (seen.insert(text_of(json::parse(text), sections)).second) distinct.push_back(text);
  return distinct;
}

const std::vector<std::string> sections_of_data{
    "dataset", "category", "detector", "depth_estimator"};
const std::vector<std::string> sections_of_priors{"category", "shape_prior", "corpus"};

std::vector<std::string> with_learned_from(std::vector<std::string> sections) {
  for (const char* learned_from : kLearnedFrom) sections.emplace_back(learned_from);
  return sections;
}

std::vector<std::string> sections_of_predictors() {
  return with_learned_from({"dataset", "category", "shape_prior", "corpus"});
}

/// Those whose method has the section.
std::vector<std::string> which_have(const std::string& section,
                                    std::vector<std::string> configurations) {
  std::erase_if(configurations,
                [&](const std::string& text) { return !json::parse(text).contains(section); });
  return configurations;
}

/// That train the predictor of a configuration together; one, which checks it, where it names a file.
int training_processes(const json& config) {
  const json none = json::object();
  const bool is_given = !config.at("predictor").value("file", "").empty();
  return is_given ? 1 : config.value("train", none).value("processes", 1);
}

/// Of `what`: "prior" or "predictor", which also is its section's name but for the shape.
std::optional<std::vector<std::string>> train(const std::string& what,
                                              const std::vector<std::string>& sections,
                                              const std::vector<CellRecord>& cells,
                                              const std::string& worker,
                                              const std::vector<std::string>& plugin_folders,
                                              const std::string& cache_folder,
                                              Progress& progress) {
  std::vector<std::string> files;
  const std::string section = what == "prior" ? "shape_prior" : what;
  for (const std::string& config :
       which_have(section, distinct_inputs(configurations_of(cells), sections))) {
    const PrepareOrder order{config, {}, plugin_folders, cache_folder, what};
    const auto done = ask_worker(worker, "prepare", to_json(order), progress);
    if (!done) return std::nullopt;
    const std::string file = done->at(what);
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  }
  return files;
}

}  // namespace

bool check_configurations(const std::vector<std::string>& configurations,
                          const std::string& worker,
                          const std::vector<std::string>& plugin_folders,
                          Progress& progress) {
  const PrepareOrder order{configurations.front(), configurations, plugin_folders, "", "check"};
  return ask_worker(worker, "prepare", to_json(order), progress).has_value();
}

std::vector<PreparationStage> preparation_stages(const std::vector<CellRecord>& cells,
                                                 const std::vector<std::string>& plugin_folders,
                                                 const std::string& cache_folder) {
  const std::vector<std::string> all = configurations_of(cells);
  const auto order_for = [&](const std::string& config, const char* only) {
    return PrepareOrder{config, {}, plugin_folders, cache_folder, only};
  };
  std::vector<std::vector<PrepareOrder>> apart;
  std::map<std::string, std::size_t> task_of_dataset;
  for (const std::string& config : distinct_inputs(all, sections_of_data)) {
    const auto [task, is_new] =
        task_of_dataset.emplace(text_of(json::parse(config), {"dataset"}), apart.size());
    if (is_new) apart.emplace_back();
    apart[task->second].push_back(order_for(config, "data"));
  }
  for (const std::string& config :
       which_have("shape_prior", distinct_inputs(all, sections_of_priors)))
    apart.push_back({order_for(config, "prior")});
  std::vector<PrepareOrder> scenes;
  std::map<int, PreparationStage> predictors;
  for (const std::string& config :
       which_have("predictor", distinct_inputs(all, sections_of_predictors()))) {
    scenes.push_back(order_for(config, "training data"));
    const int processes = training_processes(json::parse(config));
    predictors[processes].tasks.push_back({order_for(config, "predictor")});
    predictors[processes].processes = processes;
  }
  std::vector<PreparationStage> stages{{apart}};
  if (!scenes.empty()) stages.push_back({{scenes}});
  for (auto& [processes, stage] : predictors) stages.push_back(std::move(stage));
  return stages;
}

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  std::vector<std::string> check = configurations_of(cells);
  const std::vector<std::string> sections = with_learned_from(
      {"dataset", "category", "detector", "depth_estimator", "method", "shape_prior", "corpus"});
  for (const std::string& config : distinct_inputs(check, sections)) {
    const PrepareOrder order{config, std::exchange(check, {}), plugin_folders, cache_folder};
    if (!ask_worker(worker, "prepare", to_json(order), progress)) return false;
  }
  return true;
}

std::optional<std::vector<std::string>> train_priors(const std::vector<CellRecord>& cells,
                                                     const std::string& worker,
                                                     const std::vector<std::string>& plugin_folders,
                                                     const std::string& cache_folder,
                                                     Progress& progress) {
  return train("prior", sections_of_priors, cells, worker, plugin_folders, cache_folder, progress);
}

std::optional<std::vector<std::string>> train_predictors(
    const std::vector<CellRecord>& cells,
    const std::string& worker,
    const std::vector<std::string>& plugin_folders,
    const std::string& cache_folder,
    Progress& progress) {
  return train(
      "predictor", sections_of_predictors(), cells, worker, plugin_folders, cache_folder, progress);
}

}  // namespace monodr
