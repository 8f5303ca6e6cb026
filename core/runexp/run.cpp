// SPDX-License-Identifier: Apache-2.0
#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "experiment/preparation.h"
#include "experiment/sweep.h"
#include "experiment/workers.h"
#include "results/table.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/dataset_identity.h"
#include "runexp/installed_files.h"
#include "runexp/options.h"
#include "runexp/plan.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

using States = std::unordered_map<std::string, std::string>;

constexpr int exit_failed = 1, exit_stopped = 130;

const CommandUsage usage = {
    "runexp",
    "FILE.toml [KEY=VALUE ...] [options]",
    R"(Runs the cells of the experiment that are not done yet and prints its table.

A file that is not found from the current directory is looked for among the experiments that were
installed with the program (share/monodr/experiments): the first example works anywhere.

KEY=VALUE changes what the file says, in TOML's grammar; text needs no quotes, lists no brackets.
Arms and axes keep what they set themselves.

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
  auto add = options.add_options();
  add("jobs,j",
      po::value<int>()->default_value(0)->value_name("N"),
      "worker processes; 0 = one a core. They share the cores among them");
  add("dry-run", po::bool_switch(), "list the cells with their state and run nothing");
  add("print-config",
      po::value<std::string>()->value_name("CELL"),
      "print the complete configuration of the cell whose id begins so and run nothing");
  add("retry-failed", po::bool_switch(), "run cells again that failed");
  add("force", po::bool_switch(), "run all cells again");
  add("fail-fast", po::bool_switch(), "stop at the first cell that fails");
  add("time-limit",
      po::value<double>()->default_value(3600)->value_name("SECONDS"),
      "a cell that takes longer is stopped and counts as failed; 0 = no limit");
  add("memory-limit",
      po::value<int>()->default_value(0)->value_name("MB"),
      "memory that a worker may allocate; 0 = no limit");
  add("quiet,q", po::bool_switch(), "no progress, only failures and the table");
  return options;
}

void check_ranges(const po::variables_map& values) {
  for (const char* name : {"jobs", "memory-limit"})
    if (values[name].as<int>() < 0)
      throw UserError(
          fmt::format("--{} is {}, but must be at least 0", name, values[name].as<int>()));
  if (!(values["time-limit"].as<double>() >= 0))
    throw UserError("--time-limit must be at least 0 seconds");
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
  plan.cells = expand_cells(plan.experiment, plan.plugins.catalogue(), dataset_identity);
  plan.records = make_records(plan.experiment, plan.cells);
  return plan;
}

void print_config(const Plan& plan, const std::string& prefix) {
  const Cell& cell = find_cell(plan.cells, prefix);
  // Ordered: the sections stand as in the file, not by the alphabet.
  std::cout << nlohmann::ordered_json::parse(cell.config).dump(2) << "\n";
}

int worker_count(const po::variables_map& values) {
  const int jobs = values["jobs"].as<int>();
  return jobs > 0 ? jobs : available_cores();
}

int dry_run(const po::variables_map& values, const Plan& plan) {
  std::optional<Database> database;
  States states;
  if (fs::exists(results_file(values))) {
    database.emplace(results_file(values), Database::Access::read_only);
    states = database->states(plan.experiment.name);
  }
  std::cout << format_dry_run(plan, states, database ? &*database : nullptr, worker_count(values));
  return 0;
}

std::vector<CellRecord> cells_to_run(const po::variables_map& values,
                                     const Plan& plan,
                                     const States& states) {
  std::vector<CellRecord> chosen;
  for (const CellRecord& record : plan.records) {
    const auto found = states.find(record.id);
    const std::string state = found == states.end() ? "missing" : found->second;
    const bool again =
        values["force"].as<bool>() || (state == "failed" && values["retry-failed"].as<bool>());
    if (again || (state != "done" && state != "failed")) chosen.push_back(record);
  }
  return chosen;
}

SweepOptions sweep_options(const po::variables_map& values,
                           const Plan& plan,
                           const States& states) {
  SweepOptions options;
  options.worker = worker_program();
  options.jobs = worker_count(values);
  options.time_limit = values["time-limit"].as<double>();
  options.memory_limit_mb = values["memory-limit"].as<int>();
  options.fail_fast = values["fail-fast"].as<bool>();
  const fs::path folder = results_folder(values);
  options.logs_folder = (folder / "logs").string();
  options.surroundings = {plan.plugins.folders(),
                          fs::absolute(cache_folder(values)).string(),
                          (folder / "fits").string()};
  options.known_states = states;
  return options;
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

std::string failure_message(const Database& database, const CellRecord& record) {
  std::string message;
  database.guarded([&] {
    SQLite::Statement row(database.connection(),
                          "SELECT message FROM v_cells WHERE experiment = ? AND hash = ?");
    row.bind(1, record.experiment);
    row.bind(2, record.id);
    if (row.executeStep()) message = row.getColumn(0).getString();
  });
  return message;
}

/// How many cells of the plan stand as failed; names each with its reason.
int report_failures(const Database& database, const Plan& plan, const std::string& logs) {
  const States states = database.states(plan.experiment.name);
  int failed = 0;
  for (const CellRecord& record : plan.records) {
    const auto found = states.find(record.id);
    if (found == states.end() || found->second != "failed") continue;
    if (++failed == 1)
      fmt::print(stderr, "\nfailed cells (logs in {}; run again with --retry-failed):\n", logs);
    fmt::print(stderr,
               "  {} {}: {}\n",
               record.id.substr(0, 12),
               describe(record),
               first_line(failure_message(database, record)));
  }
  return failed;
}

/// Runs what is to be run. Nothing is written before everything was found sound: the database of a
/// first run appears after the worker has accepted the input.
int run_plan(const po::variables_map& values, const Plan& plan) {
  const CellFiles files((fs::path(results_folder(values)) / "cells").string());
  std::optional<Database> database;
  States states;
  if (fs::exists(results_file(values))) {
    database.emplace(results_file(values));
    files.take_in_leftovers(*database);
    states = database->states(plan.experiment.name);
  }
  const std::vector<CellRecord> chosen = cells_to_run(values, plan, states);
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  const SweepOptions options = sweep_options(values, plan, states);
  if (!chosen.empty() && !prepare_inputs(chosen,
                                         options.worker,
                                         options.surroundings.plugin_folders,
                                         options.surroundings.cache_folder,
                                         progress))
    return exit_stopped;

  if (!database) database.emplace(results_file(values));
  plan.plugins.remember();
  database->plan(plan.experiment.name, plan.experiment.question, plan.records);
  SweepOutcome outcome;
  if (!chosen.empty()) {
    fs::create_directories(fs::path(results_folder(values)) / "cells");
    progress.begin(chosen.size(), plan.records.size() - chosen.size());
    outcome = run_sweep(*database, files, chosen, options, progress);
  } else if (!values["quiet"].as<bool>()) {
    fmt::print(stderr, "nothing to run: {} cells\n", count_states(plan, states));
  }
  std::cout << format_table(make_table(*database, {plan.experiment.name, {}, "", false}),
                            TableFormat::text)
            << std::flush;
  const int failed = report_failures(*database, plan, options.logs_folder);
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
  check_ranges(values);
  const Plan plan = make_plan(values);
  if (values.count("print-config") > 0) {
    print_config(plan, values["print-config"].as<std::string>());
    return 0;
  }
  return values["dry-run"].as<bool>() ? dry_run(values, plan) : run_plan(values, plan);
}

}  // namespace monodr
