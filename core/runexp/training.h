// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/options.h"
#include "launch/progress.h"
#include "results/database.h"

namespace monodr {

/// Has something trained that cells share, or finds it in the cache: train_priors, train_predictors (launch/preparation.h).
using TrainThem = std::optional<std::vector<std::string>>(const std::vector<CellRecord>&,
                                                          const std::string&,
                                                          const std::vector<std::string>&,
                                                          const std::string&,
                                                          Progress&);

/// A subcommand `FILE.toml [KEY=VALUE ...] [--output FILE]` that trains.
struct TrainingCommand {
  const CommandUsage& usage;
  std::string what;     ///< "prior"
  std::string nothing;  ///< the message where no cell has one
  TrainThem* train;
  bool needs_losses;  ///< false: a file without any will do
};
int run_training(const TrainingCommand& command, const std::vector<std::string>& arguments);

}  // namespace monodr
