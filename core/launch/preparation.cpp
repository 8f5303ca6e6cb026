// SPDX-License-Identifier: Apache-2.0
#include "launch/preparation.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "launch/ask_worker.h"
#include "launch/orders.h"

namespace monodr {
namespace {

using nlohmann::json;

// One configuration for each that differs in one of these sections.
std::vector<std::string> distinct_inputs(const std::vector<CellRecord>& cells,
                                         const std::vector<std::string>& sections) {
  std::set<std::string> seen;
  std::vector<std::string> configurations;
  for (const CellRecord& cell : cells) {
    const json config = json::parse(cell.config);
    std::string key;
    for (const std::string& section : sections) key += config.value(section, json()).dump();
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

}  // namespace

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  std::vector<std::string> check = distinct_configurations(cells);
  const std::vector<std::string> sections{
      "dataset", "category", "detector", "depth_estimator", "method", "shape_prior", "corpus"};
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
  std::vector<std::string> files;
  for (const std::string& config : distinct_inputs(cells, {"category", "shape_prior", "corpus"})) {
    if (!json::parse(config).contains("shape_prior")) continue;  // of a method that has none
    const PrepareOrder order{config, {}, plugin_folders, cache_folder, true};
    const auto done = ask_worker(worker, "prepare", to_json(order), progress);
    if (!done) return std::nullopt;
    files.push_back(done->at("prior"));
  }
  return files;
}

}  // namespace monodr
