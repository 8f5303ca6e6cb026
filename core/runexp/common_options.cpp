// SPDX-License-Identifier: Apache-2.0
#include "runexp/common_options.h"

#include <filesystem>

#include "base/error.h"

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

std::string cache_folder(const po::variables_map& values) {
  if (values.count("cache") > 0) return values["cache"].as<std::string>();
  return (fs::path(results_folder(values)) / "cache").string();
}

}  // namespace monodr
