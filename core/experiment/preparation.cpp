// SPDX-License-Identifier: Apache-2.0
#include "experiment/preparation.h"

#include <nlohmann/json.hpp>
#include <set>

#include "experiment/ask_worker.h"

namespace monodr {
namespace {

using nlohmann::json;

// One configuration for each data set and prior that occurs.
std::vector<json> distinct_inputs(const std::vector<CellRecord>& cells) {
  std::set<std::string> seen;
  std::vector<json> configurations;
  for (const CellRecord& cell : cells) {
    json config = json::parse(cell.config);
    if (seen.insert(config.at("dataset").dump() + config.at("shape_prior").dump()).second)
      configurations.push_back(std::move(config));
  }
  return configurations;
}

}  // namespace

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  for (const json& config : distinct_inputs(cells))
    if (!ask_worker(
            worker,
            "prepare",
            {{"config", config}, {"plugin_folders", plugin_folders}, {"cache", cache_folder}},
            progress))
      return false;
  return true;
}

}  // namespace monodr
