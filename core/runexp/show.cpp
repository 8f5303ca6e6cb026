// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/picture_file.h"
#include "runexp/stored_object.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp show",
    "CELL [--object I] [-o FILE.png] [options]",
    R"(Draws how a cell fitted one of its objects, on one sheet: the observation, start, some steps and end,
the label's box, headings and losses on the way. CELL is the beginning of its id, as 'runexp status'
prints it. The object is fitted again as the cell did it, alone.

Examples:
  runexp show 3f2a
  runexp show 3f2a --object worst
  runexp show 3f2a --object 000012/3 -o car.png
)"};

po::options_description describe_options() {
  po::options_description options("options");
  auto add = options.add_options();
  add("cell",
      po::value<std::string>()->required()->value_name("CELL"),
      "the beginning of the cell's id; may stand without --cell");
  add_object_option(options);
  add("output,o",
      po::value<std::string>()->value_name("FILE"),
      "a .png, .pdf or .svg (default: show-<cell>-<frame>-<label>.png)");
  add("quiet,q", po::bool_switch(), "no progress");
  add_results_option(options);
  add_plugin_options(options);
  return options;
}

}  // namespace

int run_show(const std::vector<std::string>& arguments) {
  po::variables_map values;
  const auto positional = po::positional_options_description().add("cell", 1);
  if (!parse_options(usage, arguments, describe_options(), positional, values)) return 0;
  const Database database(results_file(values), Database::Access::read_only);
  const StoredResult cell = find_stored_result(database, values["cell"].as<std::string>());
  if (cell.result.state != "done")
    throw UserError(fmt::format("cell {} ({}) is {}; only what is done can be shown",
                                cell.record.id.substr(0, 12),
                                cell.description(),
                                cell.result.state));
  const ObjectResult& object = choose_object(cell, values["object"].as<std::string>());
  const PictureFile output(
      values.count("output") > 0
          ? values["output"].as<std::string>()
          : fmt::format(
                "show-{}-{}-{}.png", cell.record.id.substr(0, 6), object.frame, object.label));
  Progress progress = Progress::for_stream(stderr, values["quiet"].as<bool>());
  const auto sheet = ask_for_sheet(order_for(cell, object, values), progress);
  if (!sheet) return exit_stopped;
  output.write(sheet->svg, sheet_dots_per_inch);
  for (const std::string& line : sheet->lines) std::cout << line << "\n";
  std::cout << output.path() << std::endl;
  return 0;
}

}  // namespace monodr
