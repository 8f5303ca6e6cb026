// SPDX-License-Identifier: Apache-2.0
#include "launch/preparation.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "launch/ask_worker.h"
#include "launch/orders.h"

namespace monodr {
namespace {

using nlohmann::json;

/// What a predictor's training hangs on beside data and prior.
constexpr const char* kLearnedFrom[] = {"predictor", "train", "renderer", "loss", "fit", "rule"};

bool is_learned_from(const std::string& section) {
  return std::find(std::begin(kLearnedFrom), std::end(kLearnedFrom), section) !=
         std::end(kLearnedFrom);
}

// One configuration for each that differs in one of these sections.
std::vector<std::string> distinct_inputs(const std::vector<CellRecord>& cells,
                                         const std::vector<std::string>& sections) {
  std::set<std::string> seen;
  std::vector<std::string> configurations;
  for (const CellRecord& cell : cells) {
    const json config = json::parse(cell.config);
    std::string key;
    for (const std::string& section : sections)
      if (config.contains("predictor") || !is_learned_from(section))
        key += config.value(section, json()).dump();
    if (seen.insert(key).second) configurations.push_back(cell.config);
  }
  return configurations;
}

// Each configuration once: the seeds of a cell share it.
std::vector<std::string> distinct_configurations(const std::vector<CellRecord>& cells) {
  std::set<std::string> seen;
  std::vector<std::string> configurations;
  for (const CellRecord& cell : cells)
    if (seen.insert(cell.config).second) configurations.push_back(cell.config);
  return configurations;
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
  for (const std::string& config : distinct_inputs(cells, sections)) {
    // Of a method that has none.
    if (!json::parse(config).contains(what == "prior" ? "shape_prior" : what)) continue;
    const PrepareOrder order{config, {}, plugin_folders, cache_folder, what};
    const auto done = ask_worker(worker, "prepare", to_json(order), progress);
    if (!done) return std::nullopt;
    const std::string file = done->at(what);
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  }
  return files;
}

}  // namespace

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  std::vector<std::string> check = distinct_configurations(cells);
  std::vector<std::string> sections{
      "dataset", "category", "detector", "depth_estimator", "method", "shape_prior", "corpus"};
  for (const char* learned_from : kLearnedFrom) sections.emplace_back(learned_from);
  for (const std::string& config : distinct_inputs(cells, sections)) {
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
  return train("prior",
               {"category", "shape_prior", "corpus"},
               cells,
               worker,
               plugin_folders,
               cache_folder,
               progress);
}

std::optional<std::vector<std::string>> train_predictors(
    const std::vector<CellRecord>& cells,
    const std::string& worker,
    const std::vector<std::string>& plugin_folders,
    const std::string& cache_folder,
    Progress& progress) {
  std::vector<std::string> sections{"dataset", "category", "shape_prior", "corpus"};
  for (const char* learned_from : kLearnedFrom) sections.emplace_back(learned_from);
  return train("predictor", sections, cells, worker, plugin_folders, cache_folder, progress);
}

}  // namespace monodr
