// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <optional>

#include "analysis/recorded_code.h"
#include "base/options.h"
#include "base/temporary_folder.h"
#include "base/text.h"
#include "launch/catalogue.h"
#include "launch/preparation.h"
#include "launch/sweep.h"
#include "launch/workers.h"
#include "results/stored_result.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/submit.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr int exit_differs = 1;
constexpr size_t differences_shown = 20;

const CommandUsage usage = {
    "runexp rerun",
    "CELL [--verify] [options]",
    R"(Runs one cell of the database again, from the configuration that stands there. CELL is the beginning
of its id, as 'runexp status' prints it.

With --verify, leaves the database as it is and compares: the metrics (but times and memory), each object, each
detection and each curve must be the same to the last bit; says what of the code is no longer what
it was. Without, puts the new results in place of the old ones; that needs the same program and
plugins, for with others it would be another cell.

Exit codes: 0 it ran (and is the same), 1 it failed or differs, 2 wrong use, 130 stopped.

Examples:
  runexp rerun 3f2a --verify
  runexp rerun 3f2a --verify --threads 1
)"};

po::options_description describe_options() {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  auto add = options.add_options();
  add("cell",
      po::value<std::string>()->required()->value_name("CELL"),
      "the beginning of the cell's id; may stand without --cell");
  add("verify", po::bool_switch(), "compare with the results that are there, bit for bit");
  add_limit_options(options);
  add("quiet,q", po::bool_switch(), "no progress");
  return options;
}

int report(const StoredResult& before, const StoredResult& after) {
  const std::vector<std::string> lines = differences(before.result, after.result);
  if (lines.empty()) {
    std::cout << fmt::format(
        "{} {}: the same to the last bit: {} metrics, {} objects, {} frames, {} points of curves\n",
        before.record.id.substr(0, 12),
        before.description(),
        after.result.metrics.size(),
        after.result.objects.size(),
        after.result.detections.size(),
        after.result.series.size());
    return 0;
  }
  std::cout << fmt::format("{} {}: {} values differ (before -> now)\n",
                           before.record.id.substr(0, 12),
                           before.description(),
                           lines.size());
  for (size_t i = 0; i < std::min(lines.size(), differences_shown); ++i)
    std::cout << "  " << lines[i] << "\n";
  if (lines.size() > differences_shown)
    std::cout << fmt::format("  and {} more\n", lines.size() - differences_shown);
  return exit_differs;
}

}  // namespace

int run_rerun(const std::vector<std::string>& arguments) {
  po::variables_map values;
  const auto positional = po::positional_options_description().add("cell", 1);
  if (!parse_options(usage, arguments, describe_options(), positional, values)) return 0;
  const bool verify = values["verify"].as<bool>();
  if (submits(values["launcher"].as<std::string>()))
    throw UserError(
        fmt::format("'runexp rerun' waits for the cell, but --launcher {} does not; leave it out",
                    values["launcher"].as<std::string>()));
  Database database(results_file(values),
                    verify ? Database::Access::read_only : Database::Access::read_write);
  const StoredResult before = find_stored_result(database, values["cell"].as<std::string>());
  if (!before.has_run)
    throw UserError(fmt::format("cell {} ({}) has not run yet; run its experiment first",
                                before.record.id.substr(0, 12),
                                before.description()));
  const CatalogueSource plugins(worker_program(),
                                plugin_folders(plugin_path(values), recorded_folders(before)),
                                cache_folder(values));
  CellRecord record = before.record;
  const std::string changed = join(bring_up_to_date(record, plugins.catalogue()), ", ");
  if (!changed.empty() && !verify)
    throw UserError(fmt::format(
        "changed since cell {} was run: {}; 'runexp FILE.toml' runs what it has become, --verify "
        "compares",
        before.record.id.substr(0, 12),
        changed));
  if (!changed.empty()) std::cout << "changed since: " << changed << "\n";

  const TemporaryFolder scratch("monodr-rerun");
  const fs::path folder = verify ? scratch.path() : fs::path(results_folder(values));
  SweepOptions options = limits_of(values);
  options.launch.worker = worker_program();
  options.launch.logs_folder = (folder / "logs").string();
  options.surroundings = {
      plugins.folders(), fs::absolute(cache_folder(values)).string(), (folder / "fits").string()};
  options.known_states = {{before.record.id, before.result.state}};
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  if (!prepare_inputs({record},
                      options.launch.worker,
                      options.surroundings.plugin_folders,
                      options.surroundings.cache_folder,
                      progress))
    return exit_stopped;

  std::optional<Database> apart;
  if (verify) apart.emplace((folder / "results.sqlite").string());
  Database& target = verify ? *apart : database;
  fs::create_directories(folder / "cells");
  progress.begin(1, 0);
  const std::vector<CellRecord> cells{record};
  const CellFiles files((folder / "cells").string());
  const SweepOutcome outcome = run_sweep(target, files, cells, options, progress);
  if (outcome.stopped) return exit_stopped;
  if (!verify) return outcome.failed > 0 ? exit_differs : 0;
  return report(before, find_stored_result(target, before.record.id));
}

}  // namespace monodr
