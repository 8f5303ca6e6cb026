// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "experiment/resolver.h"
#include "experiment/spec.h"
#include "results/database.h"

namespace monodr {

/// The unit that runs, fails and resumes: one arm x one point of the axes x one seed.
struct Cell {
  std::string id;  ///< SHA-256 of configuration, seed, program, plugin files and dataset
  std::string arm;
  std::int64_t seed = 0;
  std::map<std::string, std::string> axes;  ///< "fit.hypotheses" -> "4", as TOML writes it
  std::string config;                       ///< Configuration::json
  std::vector<const PluginInfo*> plugins;   ///< of the catalogue that it was expanded with
  std::string code_hash;                    ///< of that catalogue
  std::vector<std::int64_t> spared_seeds;   ///< asked for too, but nothing would come out otherwise

  /// The first 12 digits, for people and file names.
  std::string short_id() const { return id.substr(0, 12); }
};

/// All cells of the experiment, arm by arm, each held against the schemas. Throws UserError with a line
/// for each thing that is wrong in any of them, for two arms that come to the same, and for an
/// exclusion that excludes nothing. A configuration that does not use the seed gets one cell, with
/// the first of its seeds.
std::vector<Cell> expand_cells(const Experiment& experiment,
                               const PluginCatalogue& catalogue,
                               const DatasetFingerprint& fingerprint);

/// A sentence on cells that run with one seed where several were asked for, because their configuration
/// does not use it (uses_seed in settings/sections.h); "" if there are none.
std::string spared_seeds_note(const std::vector<Cell>& cells);

/// The cell whose id begins with `prefix`. Throws UserError if there is none or more than one.
const Cell& find_cell(const std::vector<Cell>& cells, const std::string& prefix);

/// What the database keeps of each cell, in the same order.
std::vector<CellRecord> make_records(const Experiment& experiment, const std::vector<Cell>& cells);

/// "mask only, fit.hypotheses = 4, seed 0": for people.
std::string describe(const Cell& cell);
std::string describe(const CellRecord& record);

}  // namespace monodr
