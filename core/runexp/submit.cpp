// SPDX-License-Identifier: Apache-2.0
#include "runexp/submit.h"

#include <fmt/format.h>

#include <filesystem>

#include "launch/preparation.h"
#include "launch/slurm_sweep.h"
#include "runexp/commands.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// A job starts in another folder, on another host.
std::string absolute(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

SlurmSweep sweep_of(const Plan& plan,
                    const std::vector<CellRecord>& chosen,
                    const SweepOptions& options,
                    const SubmissionPlace& place,
                    const Database* database) {
  SlurmSweep sweep;
  sweep.settings = plan.experiment.slurm;
  sweep.options = options;
  CellSurroundings& surroundings = sweep.options.surroundings;
  for (std::string& folder : surroundings.plugin_folders) folder = absolute(folder);
  surroundings.cache_folder = absolute(surroundings.cache_folder);
  surroundings.pictures_folder = absolute(surroundings.pictures_folder);
  sweep.options.launch.logs_folder = absolute(options.launch.logs_folder);
  sweep.options.launch.worker = absolute(options.launch.worker);
  sweep.results_folder = absolute(place.results_folder);
  sweep.database = absolute(place.database);
  sweep.runexp = fs::read_symlink("/proc/self/exe").string();
  sweep.expected = expected_seconds(chosen, database);
  sweep.preparation =
      preparation_stages(chosen, surroundings.plugin_folders, surroundings.cache_folder);
  return sweep;
}

/// The records alone, in place: 100 000 of them take some hundred megabytes.
void keep_only(const std::vector<bool>& chosen, Plan& plan) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < plan.records.size(); ++i) {
    if (!chosen[i]) continue;
    if (kept != i) plan.records[kept] = std::move(plan.records[i]);
    ++kept;
  }
  plan.records.resize(kept);
  plan.cells = {};
}

}  // namespace

bool submits(const std::string& launcher) {
  return find_launcher(launcher).make == nullptr;
}

std::string scripts_of(const Plan& plan,
                       const std::vector<CellRecord>& chosen,
                       const SweepOptions& options,
                       const SubmissionPlace& place,
                       const Database* database) {
  const auto cluster = slurm_cluster(plan.experiment.slurm.patience);
  return show_scripts(chosen, sweep_of(plan, chosen, options, place, database), *cluster);
}

int submit_plan(Plan plan,
                const std::vector<bool>& chosen,
                const SweepOptions& options,
                const SubmissionPlace& place,
                Progress& progress) {
  if (!check_configurations(distinct_configurations(plan.records, chosen),
                            options.launch.worker,
                            options.surroundings.plugin_folders,
                            progress))
    return exit_stopped;
  fs::create_directories(place.results_folder);
  Database database(place.database);
  plan.plugins.remember();
  database.plan(
      plan.experiment.name, plan.experiment.question, plan.records, plan.experiment.report_metrics);
  keep_only(chosen, plan);
  const auto cluster = slurm_cluster(plan.experiment.slurm.patience);
  const SlurmSweep sweep = sweep_of(plan, plan.records, options, place, &database);
  const SubmitOutcome outcome = submit_sweep(database, *cluster, plan.records, sweep);
  if (outcome.cells == 0)
    fmt::print("nothing submitted: all cells are being run elsewhere\n");
  else
    fmt::print(
        "submitted {} cells as {} tasks: job {}, at most {} at a time; job {} takes results in\n"
        "'runexp status {}' tells how far they are; the same command submits what is left then\n",
        outcome.cells,
        outcome.tasks,
        outcome.array,
        plan.experiment.slurm.at_once,
        outcome.collector,
        plan.experiment.name);
  return 0;
}

}  // namespace monodr
