// SPDX-License-Identifier: Apache-2.0
#include "runexp/networks_option.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "runexp/installed_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

bool has_table(const Experiment& experiment, const std::string& table) {
  return std::any_of(experiment.settings.begin(),
                     experiment.settings.end(),
                     [&](const auto& setting) { return setting.first.starts_with(table + "."); });
}

std::string find_networks(const std::string& file) {
  const bool is_there = fs::exists(file);
  return fs::absolute(
             find_experiment(is_there ? file : "networks/" + fs::path(file).filename().string()))
      .string();
}

}  // namespace

void add_networks_option(po::options_description& options) {
  options.add_options()("networks",
                        po::value<std::vector<std::string>>()->composing()->value_name("FILE.toml"),
                        "tables of the networks; may be given more than once");
}

std::vector<std::string> networks_option(const po::variables_map& values) {
  if (values.count("networks") == 0)
    throw UserError(
        "nothing says which network finds the objects: name a file with a [detector] table, as "
        "--networks yolov5n-seg.toml of experiments/networks; docs/networks.md says where the "
        "networks themselves come from");
  return values["networks"].as<std::vector<std::string>>();
}

Experiment experiment_with_networks(const std::vector<std::string>& networks,
                                    const std::string& dataset_lines,
                                    const std::vector<std::string>& overrides,
                                    const std::string& folder) {
  nlohmann::json files = {fs::absolute(find_experiment("base.toml")).string()};
  for (const std::string& file : networks) files.push_back(find_networks(file));
  const fs::path file = fs::path(folder) / "networks.toml";
  const auto write = [&](const std::string& depth) {
    write_file_atomically(file.string(),
                          fmt::format("extends = {}\n[experiment]\nname = \"detect\"\n[dataset]\n{}"
                                      "boxes = \"network\"\nmasks = \"network\"\n{}",
                                      files.dump(),
                                      dataset_lines,
                                      depth));
  };
  write("");
  const Experiment found = load_experiment(file.string(), {});
  if (!has_table(found, "detector"))
    throw UserError("no file of --networks has a table [detector], so that nothing finds objects");
  if (has_table(found, "depth_estimator"))
    write("depth = \"network\"\n");
  else
    std::cerr << "note: no file of --networks has a table [depth_estimator]\n";
  return load_experiment(file.string(), overrides);
}

}  // namespace monodr
