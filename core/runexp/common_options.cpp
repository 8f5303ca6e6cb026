// SPDX-License-Identifier: Apache-2.0
#include "runexp/common_options.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/text.h"
#include "launch/worker_pool.h"
#include "results/stored_cells.h"

namespace monodr {

namespace fs = std::filesystem;
namespace po = boost::program_options;

void add_results_option(po::options_description& options) {
  options.add_options()(
      "results",
      po::value<std::string>()->default_value("results/results.sqlite")->value_name("FILE"),
      "the results database");
}

std::string results_file(const po::variables_map& values) {
  return values["results"].as<std::string>();
}

std::string results_folder(const po::variables_map& values) {
  const fs::path folder = fs::path(results_file(values)).parent_path();
  return folder.empty() ? "." : folder.string();
}

void add_tag_option(po::options_description& options) {
  options.add_options()("tag",
                        po::value<std::vector<std::string>>()->composing()->value_name("NAME"),
                        "only the cells of the last run that carry this tag ('runexp tag'); may be "
                        "repeated: those that carry all");
}

std::vector<std::string> tags_of(const po::variables_map& values) {
  if (values.count("tag") == 0) return {};
  return values["tag"].as<std::vector<std::string>>();
}

Database open_results(const po::variables_map& values,
                      const std::vector<std::string>& experiments) {
  Database database(results_file(values), Database::Access::read_only);
  const std::vector<std::string> tags = tags_of(values);
  if (tags.empty()) return database;
  std::vector<std::string> known;
  for (const TagCount& tag : tag_counts(database)) known.push_back(tag.name);
  for (const std::string& tag : tags)
    if (std::find(known.begin(), known.end(), tag) == known.end())
      throw UserError(fmt::format("--tag '{}': no cell carries it{}; 'runexp tag' lists all",
                                  tag,
                                  did_you_mean(tag, known)));
  Database tagged = database.only_tagged(tags);
  for (const std::string& experiment : experiments)
    if (current_cells(tagged, experiment).empty())
      throw UserError(fmt::format("--tag '{}': no cell of the last run of '{}' carries it",
                                  join(tags, "' and '"),
                                  experiment));
  return tagged;
}

void add_plugin_options(po::options_description& options) {
  auto add = options.add_options();
  add("plugin-path",
      po::value<std::vector<std::string>>()->composing()->value_name("DIR"),
      "look for plugins there first; may be repeated. Then come RUNEXP_PLUGIN_PATH, [plugins] path "
      "of the experiment, and plugins/ beside the program");
  add("cache",
      po::value<std::string>()->value_name("DIR"),
      "where made-up data and trained priors are kept (default: cache/ beside the database)");
}

std::vector<std::string> plugin_path(const po::variables_map& values) {
  if (values.count("plugin-path") == 0) return {};
  const auto folders = values["plugin-path"].as<std::vector<std::string>>();
  for (const std::string& folder : folders)
    if (!fs::is_directory(folder))
      throw UserError(fmt::format("--plugin-path: there is no folder '{}'", folder));
  return folders;
}

namespace {

/// "who runs the cells: local = workers of this host ..., blocks = ..."
std::string launcher_help() {
  std::string text = "who runs the cells:";
  for (const LauncherEntry& entry : launchers())
    text +=
        fmt::format("{} {} = {}", &entry == &launchers()[0] ? "" : ",", entry.name, entry.meaning);
  return text;
}

}  // namespace

void add_limit_options(po::options_description& options) {
  auto add = options.add_options();
  add("jobs,j",
      po::value<int>()->default_value(0)->value_name("N"),
      "worker processes; 0 = one a core, or as many as have room for --threads each");
  add("threads",
      po::value<int>()->default_value(0)->value_name("N"),
      "threads of a worker; 0 = the workers share the cores evenly. Results do not depend on it");
  add("time-limit",
      po::value<double>()->default_value(3600)->value_name("SECONDS"),
      "a cell that takes longer is stopped and counts as failed; 0 = no limit");
  add("launcher",
      po::value<std::string>()->default_value(launchers()[0].name)->value_name("NAME"),
      launcher_help().c_str());
  add("cells-per-task",
      po::value<int>()->default_value(0)->value_name("N"),
      "cells of a block, where the launcher makes blocks; 0 = so that each worker gets a few");
  add("lease",
      po::value<int>()->default_value(kLeaseSeconds)->value_name("SECONDS"),
      "for other hosts, a cell is being run for so long after the last sign of life; one is given "
      "three times as often");
  add("memory-limit",
      po::value<int>()->default_value(0)->value_name("MB"),
      "memory that a worker may allocate, its libraries' data included; a cell that wants more "
      "fails; 0 = no limit");
}

SweepOptions limits_of(const po::variables_map& values) {
  for (const char* name : {"jobs", "threads", "memory-limit", "cells-per-task"})
    if (values[name].as<int>() < 0)
      throw UserError(
          fmt::format("--{} is {}, but must be at least 0", name, values[name].as<int>()));
  SweepOptions options;
  options.launch.jobs = values["jobs"].as<int>();
  options.launch.threads = values["threads"].as<int>();
  options.launch.time_limit = values["time-limit"].as<double>();
  options.launch.memory_limit_mb = values["memory-limit"].as<int>();
  options.launch.launcher = find_launcher(values["launcher"].as<std::string>()).name;
  options.launch.cells_per_task = values["cells-per-task"].as<int>();
  options.lease_seconds = values["lease"].as<int>();
  if (options.lease_seconds < 3) throw UserError("--lease must be at least 3 seconds");
  if (!(options.launch.time_limit >= 0)) throw UserError("--time-limit must be at least 0 seconds");
  const int cores = available_cores();
  if (options.launch.jobs * options.launch.threads > cores)
    fmt::print(stderr,
               "note: {} workers with {} threads each are more than the {} cores that there are\n",
               options.launch.jobs,
               options.launch.threads,
               cores);
  return options;
}

std::string cache_folder(const po::variables_map& values) {
  if (values.count("cache") > 0) return values["cache"].as<std::string>();
  return (fs::path(results_folder(values)) / "cache").string();
}

}  // namespace monodr
