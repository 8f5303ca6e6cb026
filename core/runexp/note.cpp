// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "results/stored_result.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp note",
    "CELL [TEXT] [options]",
    R"(Writes a note on a cell, in place of the one it had. It stands in 'runexp status', under the tables of
its experiment and in its report. CELL is the beginning of its id. Without a text: prints the note. An empty
text takes it away.

Examples:
  runexp note 3f2a "masks of frame 12 were cut by hand"
  runexp note 3f2a
  runexp note 3f2a ""
)"};

}  // namespace

int run_note(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  auto add = options.add_options();
  add("cell",
      po::value<std::string>()->required()->value_name("CELL"),
      "the beginning of the cell's id; may stand without --cell");
  add("text", po::value<std::string>()->value_name("TEXT"), "the note; may stand without --text");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("cell", 1).add("text", 1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  const StoredResult cell =
      find_stored_result(Database(results_file(values), Database::Access::read_only),
                         values["cell"].as<std::string>());
  if (values.count("text") > 0)
    Database(results_file(values)).set_note(cell.record.id, values["text"].as<std::string>());
  else if (!cell.note.empty())
    std::cout << cell.note << "\n";
  return 0;
}

}  // namespace monodr
