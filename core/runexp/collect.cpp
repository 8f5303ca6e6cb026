// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "base/options.h"
#include "launch/slurm_sweep.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

const CommandUsage usage = {
    "runexp collect",
    "[EXPERIMENT] [options]",
    R"(Takes results that the jobs of --launcher slurm have left into the database, and frees cells that
no job has any more. A job does so when the others have ended, and each 'runexp FILE.toml' at its
start; by hand it shows results while jobs still run.

Exit codes: 0 all cells that were taken in are done, 1 some failed.

Examples:
  runexp collect
  runexp collect ablation_rotation
)"};

}  // namespace

int run_collect(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  po::options_description options("options");
  add_results_option(options);
  options.add_options()("experiment",
                        po::value<std::string>()->default_value("")->value_name("NAME"),
                        "the experiment; may stand without --experiment");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  Database database(results_file(values));
  const auto experiment = values["experiment"].as<std::string>();
  if (!experiment.empty()) database.require_experiment(experiment);
  const CollectOutcome outcome =
      collect_submissions(database, *slurm_cluster(0), results_folder(values), experiment);
  fmt::print("taken in: {} done, {} failed; {} freed, {} still with the cluster\n",
             outcome.done,
             outcome.failed,
             outcome.freed,
             outcome.held + outcome.unknown);
  if (outcome.unknown > 0)
    fmt::print(
        stderr,
        "note: the cluster does not answer here ('squeue --json'); {} cells may be with it\n",
        outcome.unknown);
  return outcome.failed > 0 ? 1 : 0;
}

}  // namespace monodr
