// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/options.h"
#include "launch/slurm_sweep.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto look_interval = std::chrono::milliseconds(500);
constexpr auto patience = std::chrono::seconds(120);

const CommandUsage usage = {
    "runexp cancel",
    "EXPERIMENT [options]",
    R"(Ends the jobs that --launcher slurm has submitted for the experiment, waits for their end and takes
in what is done. The other cells are as if they had never been submitted. A sweep of this host ends
with Ctrl-C in its terminal.

Examples:
  runexp cancel ablation_rotation
)"};

}  // namespace

int run_cancel(const std::vector<std::string>& arguments) {
  namespace po = boost::program_options;
  po::options_description options("options");
  add_results_option(options);
  options.add_options()("experiment",
                        po::value<std::string>()->required()->value_name("NAME"),
                        "the experiment; may stand without --experiment");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("experiment", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  Database database(results_file(values), Database::Access::read_only);
  const auto experiment = values["experiment"].as<std::string>();
  database.require_experiment(experiment);
  const auto cluster = slurm_cluster(0);
  if (cancel_submissions(*cluster, results_folder(values), experiment) == 0) {
    fmt::print("nothing of '{}' is with a cluster\n", experiment);
    return 0;
  }
  Database writer(results_file(values));
  CollectOutcome all;
  for (const auto end = Clock::now() + patience;;) {
    const CollectOutcome outcome =
        collect_submissions(writer, *cluster, results_folder(values), experiment);
    all.done += outcome.done;
    all.failed += outcome.failed;
    all.freed += outcome.freed;
    all.held = outcome.held + outcome.unknown;
    if (all.held == 0 || Clock::now() >= end) break;
    std::this_thread::sleep_for(look_interval);
  }
  fmt::print(
      "cancelled; taken in: {} done, {} failed; {} freed\n", all.done, all.failed, all.freed);
  if (all.held > 0)
    throw UserError(fmt::format(
        "{} cells are still with the cluster, whose jobs take long to end; 'runexp collect' takes "
        "them in later",
        all.held));
  return 0;
}

}  // namespace monodr
