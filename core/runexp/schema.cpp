// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/options.h"
#include "launch/catalogue.h"
#include "launch/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/json_schema.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp schema",
    "[options]",
    R"(Prints the JSON Schema of experiment files, plugins included. With it an editor completes keys and
marks mistakes while you type. For Taplo and Even Better TOML (VS Code), put at the top of a file

  #:schema ./experiment.schema.json

Examples:
  runexp schema > experiment.schema.json
  runexp schema --plugin-path ~/my_plugins > experiment.schema.json
)"};

}  // namespace

int run_schema(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  po::variables_map values;
  if (!parse_options(usage, arguments, options, {}, values)) return 0;
  const CatalogueSource source(
      worker_program(), plugin_folders(plugin_path(values), {}), cache_folder(values));
  std::cout << experiment_json_schema(source.catalogue()) << "\n";
  return 0;
}

}  // namespace monodr
