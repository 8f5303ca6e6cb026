// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "metrics/metric_definitions.h"
#include "runexp/commands.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp metrics",
    "[options]",
    R"(Prints every metric as a Markdown page: name, unit, which way is better, meaning, and the column of
single objects that it is made of.

With --output the page is written to a file; with --check, too, nothing is written, and the exit
code is 1 where the file says something else.

Examples:
  runexp metrics
  runexp metrics --output docs/metrics.md
)"};

}  // namespace

int run_metrics(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  auto add = options.add_options();
  add("output", po::value<std::string>()->value_name("FILE"), "where the page goes");
  add("check", po::bool_switch(), "compare, write nothing");
  po::variables_map values;
  if (!parse_options(usage, arguments, options, {}, values)) return 0;
  const bool check = values["check"].as<bool>();
  if (values.count("output") == 0) {
    if (check) throw UserError("--check compares with a file: name it with --output FILE");
    std::cout << metrics_page();
    return 0;
  }
  const auto file = values["output"].as<std::string>();
  if (!check) {
    write_file_atomically(file, metrics_page());
    return 0;
  }
  if (std::filesystem::exists(file) && read_file(file) == metrics_page()) return 0;
  std::cout << fmt::format("{0} is out of date; run: ./runexp metrics --output {0}\n", file);
  return 1;
}

}  // namespace monodr
