// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/options.h"
#include "base/text.h"
#include "data/dataset_identity.h"
#include "launch/preparation.h"
#include "launch/slurm_sweep.h"
#include "launch/sweep.h"
#include "launch/worker_pool.h"
#include "launch/workers.h"
#include "results/stored_facts.h"
#include "results/table.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/installed_files.h"
#include "runexp/plan.h"
#include "runexp/submit.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

using States = std::unordered_map<std::string, std::string>;

constexpr int exit_failed = 1;
constexpr int failures_named = 20;

const CommandUsage usage = {
    "runexp",
    "FILE.toml [KEY=VALUE ...] [options]",
    R"(Runs the cells of the experiment that are not done yet and prints its table.

A file that is not found from the current directory is looked for among the experiments that were
installed with the program (share/monodr/experiments): the first example works anywhere.

KEY=VALUE changes what the file says, in TOML's grammar; text needs no quotes, lists no brackets.
Arms and axes keep what they set themselves.

Cells that are done are not run again. A cell is stale, and runs again, where a plugin's file, the
data set or the program (monodr-worker) has changed since; what it is, is said. --accept-stale takes
the earlier results.

With --json, standard output gets one JSON object a line and nothing else: {"event": E, ...} with
E = preparing, begin, started, progress, finished (id, cell, state, seconds, message), note, end.

With --launcher slurm the cells go to a cluster as [launcher.slurm] of the file says, those that
failed too, and the command returns; 'runexp status' tells how far they are, 'runexp cancel' ends
them. --dry-run prints the jobs' scripts as well. docs/cluster.md has the way there.

Everything lives beside the database: cells/ (results on their way), logs/ (what a cell wrote to
stderr), fits/ (pictures), cache/ (made-up data, trained priors). Deleting cache/ costs time only.

Exit codes: 0 all cells are done, 1 some failed, 2 wrong use, 130 stopped by a signal.

Examples:
  runexp experiments/ablation_rotation.toml
  runexp experiments/ablation_rotation.toml --dry-run
  runexp experiments/ablation_rotation.toml -j 2 fit.iterations=20 sweep.seed=0,1
  runexp experiments/ablation_rotation.toml dataset.source=kitti dataset.root=../kitti
  runexp experiments/ablation_rotation.toml --print-config 3f2a
)"};

po::options_description describe_options() {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  add_limit_options(options);
  auto add = options.add_options();
  add("dry-run", po::bool_switch(), "list the cells with their state and run nothing");
  add("print-config",
      po::value<std::string>()->value_name("CELL"),
      "print the complete configuration of the cell whose id begins so and run nothing");
  add("retry-failed", po::bool_switch(), "run cells again that failed");
  add("force", po::bool_switch(), "run all cells again");
  add("accept-stale",
      po::bool_switch(),
      "take earlier results although plugins, data or program have changed since");
  add("fail-fast", po::bool_switch(), "stop at the first cell that fails");
  add("quiet,q", po::bool_switch(), "no progress, only failures and the table");
  add("json", po::bool_switch(), "progress for programs: one JSON object a line, no table");
  return options;
}

Plan make_plan(const po::variables_map& values) {
  if (values.count("word") == 0)
    throw UserError("which experiment? A .toml file is expected; see 'runexp --help'");
  const auto words = values["word"].as<std::vector<std::string>>();
  Experiment experiment =
      load_experiment(find_experiment(words[0]), {words.begin() + 1, words.end()});
  CatalogueSource plugins(worker_program(),
                          plugin_folders(plugin_path(values), experiment.plugin_folders),
                          cache_folder(values));
  Plan plan{std::move(experiment), std::move(plugins), {}, {}};
  // Who only asks gets no new folder.
  const bool only_asks = values["dry-run"].as<bool>() || values.count("print-config") > 0;
  const std::string cache = cache_folder(values);
  DatasetIdentity identity(only_asks && !fs::exists(cache) ? "" : cache);
  plan.cells = expand_cells(plan.experiment,
                            plan.plugins.catalogue(),
                            [&](const Parameters& dataset) { return identity.of(dataset); });
  // The records alone hold the configurations: of 100 000 cells they are most of the memory.
  std::vector<std::string> configurations;
  for (Cell& cell : plan.cells) configurations.push_back(std::exchange(cell.config, {}));
  plan.records = make_records(plan.experiment, plan.cells);
  for (size_t i = 0; i < plan.records.size(); ++i)
    plan.records[i].config = std::move(configurations[i]);
  return plan;
}

void print_config(const Plan& plan, const std::string& prefix) {
  const auto cell = static_cast<size_t>(&find_cell(plan.cells, prefix) - plan.cells.data());
  // Ordered: the sections stand as in the file, not by the alphabet.
  std::cout << nlohmann::ordered_json::parse(plan.records[cell].config).dump(2) << "\n";
}

/// Of each record of the plan.
std::vector<bool> cells_to_run(const po::variables_map& values,
                               const Plan& plan,
                               const States& states) {
  const bool submitted = submits(values["launcher"].as<std::string>());
  // Who submits comes back for what is left, with no terminal open in between.
  const bool retries = values["retry-failed"].as<bool>() || submitted;
  std::vector<bool> chosen;
  for (const CellRecord& record : plan.records) {
    const auto found = states.find(record.id);
    const std::string state = found == states.end() ? "missing" : found->second;
    const bool again = values["force"].as<bool>() || (state == "failed" && retries);
    // What a job has is left to it.
    const bool is_submitted = state == "running" && submitted;
    chosen.push_back((again || (state != "done" && state != "failed")) && !is_submitted);
  }
  return chosen;
}

std::vector<CellRecord> chosen_of(const Plan& plan, const std::vector<bool>& chosen) {
  std::vector<CellRecord> records;
  for (size_t i = 0; i < plan.records.size(); ++i)
    if (chosen[i]) records.push_back(plan.records[i]);
  return records;
}

SubmissionPlace place_of(const po::variables_map& values) {
  return {results_folder(values), results_file(values)};
}

SweepOptions sweep_options(const po::variables_map& values,
                           const Plan& plan,
                           const States& states) {
  SweepOptions options = limits_of(values);
  options.launch.worker = worker_program();
  options.fail_fast = values["fail-fast"].as<bool>();
  const fs::path folder = results_folder(values);
  options.launch.logs_folder = (folder / "logs").string();
  options.surroundings = {plan.plugins.folders(),
                          fs::absolute(cache_folder(values)).string(),
                          (folder / "fits").string()};
  options.known_states = states;
  return options;
}

int dry_run(const po::variables_map& values, Plan plan) {
  std::optional<Database> database;
  States states;
  if (fs::exists(results_file(values))) {
    database.emplace(results_file(values), Database::Access::read_only);
    states = database->states(plan.experiment.name);
    if (values["accept-stale"].as<bool>()) accept_stale(plan, stale_cells(plan, states, *database));
  }
  const SweepOptions limits = limits_of(values);
  const WorkerPool pool = plan_worker_pool(
      plan.cells.size(), limits.launch.jobs, limits.launch.threads, available_cores());
  const Database* known = database ? &*database : nullptr;
  std::cout << format_dry_run(plan, states, known, pool.workers);
  if (submits(limits.launch.launcher)) {
    const std::vector<CellRecord> chosen = chosen_of(plan, cells_to_run(values, plan, states));
    if (!chosen.empty())
      std::cout << "\n"
                << scripts_of(
                       plan, chosen, sweep_options(values, plan, states), place_of(values), known);
  }
  return 0;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// "3 done, 6 failed"
std::string count_states(const Plan& plan, const States& states) {
  std::map<std::string, int> counts;
  for (const CellRecord& record : plan.records) ++counts[states.at(record.id)];
  std::vector<std::string> parts;
  for (const auto& [state, count] : counts) parts.push_back(fmt::format("{} {}", count, state));
  return join(parts, ", ");
}

/// How many cells of the plan stand as failed; names the first with their reasons.
int report_failures(const Database& database, const Plan& plan, const std::string& logs) {
  const States states = database.states(plan.experiment.name);
  int failed = 0;
  for (const CellRecord& record : plan.records) {
    const auto found = states.find(record.id);
    if (found == states.end() || found->second != "failed") continue;
    if (++failed > failures_named) continue;
    if (failed == 1)
      fmt::print(stderr, "\nfailed cells (logs in {}; run again with --retry-failed):\n", logs);
    fmt::print(stderr,
               "  {} {}: {}\n",
               record.id.substr(0, 12),
               describe(record),
               first_line(database.failure_message(record)));
  }
  if (failed > failures_named)
    fmt::print(stderr,
               "  and {} more; 'runexp status {}' names them\n",
               failed - failures_named,
               plan.experiment.name);
  return failed;
}

/// Says which cells are stale and why, or takes their earlier results.
void treat_stale(const po::variables_map& values,
                 const Database& database,
                 const States& states,
                 Plan& plan,
                 Progress& progress) {
  const auto stale = stale_cells(plan, states, database);
  if (values["accept-stale"].as<bool>()) {
    accept_stale(plan, stale);
    return;
  }
  std::map<std::string, int> counts;
  for (const auto& [id, cell] : stale) ++counts[cell.changed];
  for (const auto& [changed, count] : counts)
    progress.note(fmt::format(
        "{} cells are stale and run again, for this has changed since they were run: {} (--dry-run "
        "names them, --accept-stale keeps their results)",
        count,
        changed));
}

/// Runs what is to be run. Nothing is written before everything was found sound: the database of a
/// first run appears after the worker has accepted the input.
int run_plan(const po::variables_map& values, Plan plan) {
  const CellFiles files((fs::path(results_folder(values)) / "cells").string());
  const bool json = values["json"].as<bool>(), quiet = values["quiet"].as<bool>();
  Progress progress =
      json ? Progress(stdout, Progress::Style::json, false) : Progress::for_stream(stderr, quiet);
  if (const std::string note = spared_seeds_note(plan.cells); !note.empty()) progress.note(note);
  if (const std::string advice = advice_on_file_system(results_file(values)); !advice.empty())
    progress.note(advice);
  std::optional<Database> database;
  States states;
  if (fs::exists(results_file(values))) {
    database.emplace(results_file(values));
    files.import_leftovers(*database);
    collect_submissions(
        *database, *slurm_cluster(plan.experiment.slurm.patience), results_folder(values));
    states = database->states(plan.experiment.name);
    treat_stale(values, *database, states, plan, progress);
  }
  const std::vector<bool> to_run = cells_to_run(values, plan, states);
  const SweepOptions options = sweep_options(values, plan, states);
  if (submits(options.launch.launcher) && std::ranges::count(to_run, true) > 0) {
    database.reset();
    return submit_plan(std::move(plan), to_run, options, place_of(values), progress);
  }
  const std::vector<CellRecord> chosen = chosen_of(plan, to_run);
  if (!chosen.empty() && !prepare_inputs(chosen,
                                         options.launch.worker,
                                         options.surroundings.plugin_folders,
                                         options.surroundings.cache_folder,
                                         progress))
    return exit_stopped;

  if (!database) database.emplace(results_file(values));
  plan.plugins.remember();
  database->plan(
      plan.experiment.name, plan.experiment.question, plan.records, plan.experiment.report_metrics);
  SweepOutcome outcome;
  if (!chosen.empty()) {
    fs::create_directories(fs::path(results_folder(values)) / "cells");
    progress.begin(chosen.size(), plan.records.size() - chosen.size());
    outcome = run_sweep(*database, files, chosen, options, progress);
  } else if (!quiet && !json) {
    fmt::print(stderr, "nothing to run: {} cells\n", count_states(plan, states));
  }
  progress.finished(outcome.done, outcome.failed, outcome.stopped);
  if (!json && !outcome.stopped) {
    std::cout << format_table(make_table(*database, {plan.experiment.name, {}, "", false}),
                              TableFormat::text)
              << std::flush;
    // Those that were run just now have said it, unless they were asked not to.
    if (chosen.empty() || quiet)
      for (const std::string& note : notes_under_table(*database, plan.experiment.name))
        fmt::print(stderr, "note: {}\n", note);
  }
  const int failed = report_failures(*database, plan, options.launch.logs_folder);
  if (outcome.stopped) {
    fmt::print(stderr, "stopped; the same command goes on where it was\n");
    return exit_stopped;
  }
  return failed > 0 ? exit_failed : 0;
}

}  // namespace

int run_experiment(const std::vector<std::string>& arguments) {
  po::options_description all = describe_options();
  all.add_options()("word", po::value<std::vector<std::string>>(), "FILE.toml and KEY=VALUE ...");
  po::variables_map values;
  if (!parse_options(
          usage, arguments, all, po::positional_options_description().add("word", -1), values))
    return 0;
  if (values["force"].as<bool>() && values["accept-stale"].as<bool>())
    throw UserError("--force runs all cells again, --accept-stale keeps results; give one of them");
  Plan plan = make_plan(values);
  if (values.count("print-config") > 0) {
    print_config(plan, values["print-config"].as<std::string>());
    return 0;
  }
  return values["dry-run"].as<bool>() ? dry_run(values, std::move(plan))
                                      : run_plan(values, std::move(plan));
}

}  // namespace monodr
