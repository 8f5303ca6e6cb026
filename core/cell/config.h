// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "evidence/dataset.h"
#include "fitting/settings.h"

namespace monodr {

/// What a worker is told to run: one file, written by the parent after it has checked everything.
struct CellPlan {
  struct Plugin {
    std::string kind, name, file_hash;
  };
  std::string id, experiment, arm;
  std::uint64_t seed = 0;
  std::vector<Plugin> plugins;  ///< that take part, with the hashes that went into the id
  std::string code_hash;        ///< of the program `monodr-worker`, as it went into the id
  std::string config;           ///< the resolved configuration, JSON, all defaults filled in
  std::vector<std::string> plugin_folders;
  std::string cache;     ///< folder of synthetic sets and trained priors
  std::string output;    ///< file for the CellResult
  std::string pictures;  ///< folder for overlays, "" = none
};
CellPlan cell_plan_from_file(const std::string& path);

/// Of the tables [dataset], [renderer] (crop) and the cell's seed.
DatasetOptions dataset_options(const nlohmann::json& config,
                               std::uint64_t seed,
                               const std::string& cache);

/// Of the tables [fit] and [confidence].
FitSettings fit_settings(const nlohmann::json& config);

}  // namespace monodr
