// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "experiment/settings.h"
#include "settings/slurm.h"

namespace monodr {

/// One named row of an ablation: what it changes. `extends = ["slf.toml"]` in an arm takes all settings of another
/// experiment, and of what that extends, but for files that this experiment extends itself: a system on other data.
struct Arm {
  std::string name;
  SourceLocation where;
  Settings settings;
};

/// One axis of a sweep: one key, or several that go in step ([[sweep.zip]]).
/// points[i][k] is the value of keys[k] at the i-th point.
struct Axis {
  std::vector<std::string> keys;
  std::vector<std::vector<GivenValue>> points;
};

/// [[sweep.include]] or [[sweep.exclude]]: settings, and where wanted an arm and a seed.
struct CellPattern {
  SourceLocation where;
  std::optional<std::string> arm;    ///< none = every arm
  std::optional<std::int64_t> seed;  ///< none = every seed
  Settings settings;
};

/// One TOML file, read but not yet held against the schemas of sections and plugins.
///
/// Cells are arm x every axis x seed, minus `exclude`, plus `include` (arm x seed with these
/// settings beside the axes). Later wins: file, then arm, then axis.
struct Experiment {
  std::string file;
  std::vector<std::string> files;  ///< that it was read from: `file` after all that it extends
  std::string name;
  std::string question;
  std::vector<std::string> report_metrics;  ///< [report] metrics: paths of the columns for print
  std::vector<std::string> plugin_folders;  ///< [plugins] path, relative to the file's folder
  SlurmSettings slurm;  ///< [launcher.slurm]: where cells run, not what they are
  Settings settings;
  std::vector<Arm> arms;  ///< never empty; a file without arms has one, named "all"
  std::vector<std::int64_t> seeds;
  std::vector<Axis> axes;
  std::vector<CellPattern> include;
  std::vector<CellPattern> exclude;
};

/// Reads the file with all it extends and applies `overrides` (each `key=value`, see
/// parse_override) to it. An override changes what the file says for all arms; an arm or an axis
/// that sets the same key keeps its own value, and where that leaves the override without any
/// effect it is an error. Throws UserError with the place of what is wrong.
Experiment load_experiment(const std::string& file, const std::vector<std::string>& overrides);

}  // namespace monodr
