// SPDX-License-Identifier: Apache-2.0
#include "launch/preparation.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "launch/ask_worker.h"

namespace monodr {
namespace {

using nlohmann::json;

// One configuration for each that differs in one of these sections.
std::vector<json> distinct_inputs(const std::vector<CellRecord>& cells,
                                  const std::vector<std::string>& sections) {
  std::set<std::string> seen;
  std::vector<json> configurations;
  for (const CellRecord& cell : cells) {
    json config = json::parse(cell.config);
    std::string key;
    for (const std::string& section : sections) key += config.at(section).dump();
    if (seen.insert(key).second) configurations.push_back(std::move(config));
  }
  return configurations;
}

// Each configuration once: the seeds of a cell share it.
json distinct_configurations(const std::vector<CellRecord>& cells) {
  std::set<std::string> seen;
  json configurations = json::array();
  for (const CellRecord& cell : cells)
    if (seen.insert(cell.config).second) configurations.push_back(json::parse(cell.config));
  return configurations;
}

}  // namespace

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  json check = distinct_configurations(cells);
  for (const json& config : distinct_inputs(cells, {"dataset", "shape_prior", "corpus"})) {
    const json order{{"config", config},
                     {"check", std::exchange(check, json::array())},
                     {"plugin_folders", plugin_folders},
                     {"cache", cache_folder}};
    if (!ask_worker(worker, "prepare", order, progress)) return false;
  }
  return true;
}

std::optional<std::vector<std::string>> train_priors(const std::vector<CellRecord>& cells,
                                                     const std::string& worker,
                                                     const std::vector<std::string>& plugin_folders,
                                                     const std::string& cache_folder,
                                                     Progress& progress) {
  std::vector<std::string> files;
  for (const json& config : distinct_inputs(cells, {"shape_prior", "corpus"})) {
    const auto done = ask_worker(worker,
                                 "prepare",
                                 {{"config", config},
                                  {"plugin_folders", plugin_folders},
                                  {"cache", cache_folder},
                                  {"only", "prior"}},
                                 progress);
    if (!done) return std::nullopt;
    files.push_back(done->at("prior"));
  }
  return files;
}

}  // namespace monodr
