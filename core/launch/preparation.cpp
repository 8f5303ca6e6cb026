// SPDX-License-Identifier: Apache-2.0
#include "launch/preparation.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "launch/ask_worker.h"
#include "launch/orders.h"

namespace monodr {
namespace {

using nlohmann::json;

// Each configuration once: the seeds of a cell share it.
std::vector<std::string> distinct_configurations(const std::vector<CellRecord>& cells) {
  std::unordered_set<std::string_view> seen;
  std::vector<std::string> configurations;
  for (const CellRecord& cell : cells)
    if (seen.insert(cell.config).second) configurations.push_back(cell.config);
  return configurations;
}

// One configuration for each that differs in one of these sections.
std::vector<std::string> distinct_inputs(const std::vector<CellRecord>& cells,
                                         const std::vector<std::string>& sections) {
  std::set<std::string> seen;
  std::vector<std::string> configurations;
  for (const std::string& text : distinct_configurations(cells)) {
    const json config = json::parse(text);
    std::string key;
    for (const std::string& section : sections) key += config.value(section, json()).dump();
    if (seen.insert(key).second) configurations.push_back(text);
  }
  return configurations;
}

// All that is made or read for a cell depends on these.
const std::vector<std::string> sections_of_inputs{
    "dataset", "category", "detector", "depth_estimator", "method", "shape_prior", "corpus"};
const std::vector<std::string> sections_of_priors{"category", "shape_prior", "corpus"};

bool has_prior(const std::string& config) {
  return json::parse(config).contains("shape_prior");  // a method may have none
}

}  // namespace

bool check_configurations(const std::vector<CellRecord>& cells,
                          const std::string& worker,
                          const std::vector<std::string>& plugin_folders,
                          Progress& progress) {
  PrepareOrder order{cells.front().config, distinct_configurations(cells), plugin_folders, ""};
  order.only_check = true;
  return ask_worker(worker, "prepare", to_json(order), progress).has_value();
}

std::vector<std::vector<PrepareOrder>> preparation_stages(
    const std::vector<CellRecord>& cells,
    const std::vector<std::string>& plugin_folders,
    const std::string& cache_folder) {
  std::vector<PrepareOrder> priors, inputs;
  for (const std::string& config : distinct_inputs(cells, sections_of_priors))
    if (has_prior(config)) priors.push_back({config, {}, plugin_folders, cache_folder, true});
  for (const std::string& config : distinct_inputs(cells, sections_of_inputs))
    inputs.push_back({config, {}, plugin_folders, cache_folder});
  // Where no two share a prior, each makes its own.
  if (priors.empty() || priors.size() == inputs.size()) return {inputs};
  return {priors, inputs};
}

bool prepare_inputs(const std::vector<CellRecord>& cells,
                    const std::string& worker,
                    const std::vector<std::string>& plugin_folders,
                    const std::string& cache_folder,
                    Progress& progress) {
  std::vector<std::string> check = distinct_configurations(cells);
  for (const std::string& config : distinct_inputs(cells, sections_of_inputs)) {
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
  for (const std::string& config : distinct_inputs(cells, sections_of_priors)) {
    if (!has_prior(config)) continue;
    const PrepareOrder order{config, {}, plugin_folders, cache_folder, true};
    const auto done = ask_worker(worker, "prepare", to_json(order), progress);
    if (!done) return std::nullopt;
    files.push_back(done->at("prior"));
  }
  return files;
}

}  // namespace monodr
