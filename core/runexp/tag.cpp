// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "results/stored_cells.h"
#include "results/stored_result.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp tag",
    "[NAME [CELL ...]] [options]",
    R"(Tags cells, so that status, table, report, figure and export can be asked for them alone (--tag NAME).
CELL is the beginning of a cell's id, as 'runexp status' prints it; --experiment tags all cells of its last
run, --arm those of one arm. Without a name: the tags that there are.

A tag stays with its cell: with other settings or another program it is another cell, without the tag.

Examples:
  runexp tag paper --experiment ablation_rotation
  runexp tag doubtful 3f2a 77b1
  runexp tag doubtful 3f2a --remove
  runexp tag
  runexp table ablation_rotation --tag paper
)"};

using Names = std::vector<std::string>;

po::options_description describe_options() {
  po::options_description options("options");
  add_results_option(options);
  auto add = options.add_options();
  add("name", po::value<std::string>()->value_name("NAME"), "the tag");
  add("cell",
      po::value<Names>()->composing()->value_name("CELL"),
      "the beginning of a cell's id; may stand without --cell, and may be repeated");
  add("experiment", po::value<std::string>()->value_name("NAME"), "all cells of its last run");
  add("arm", po::value<std::string>()->value_name("ARM"), "of these, those of that arm");
  add("remove", po::bool_switch(), "take the tag off");
  return options;
}

/// Words of a line: `status` prints them between brackets, with blanks between.
void require_tag_name(const std::string& name) {
  constexpr size_t longest = 64;
  const bool is_word = std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return c <= ' ' || c == 0x7f || c == ',' || c == '[' || c == ']';
  });
  if (name.empty() || name.size() > longest || name[0] == '-' || !is_word)
    throw UserError(fmt::format(
        "'{}' cannot be a tag: a tag is a word of up to {} bytes without blanks, commas and "
        "brackets that does not begin with '-'; 'runexp note' takes any text",
        name,
        longest));
}

/// "paper  12 of ablation_rotation (3 not of its last run)"
void print_tags(const Database& database) {
  for (const TagCount& tag : tag_counts(database))
    std::cout << fmt::format("{}  {} of {}{}\n",
                             tag.name,
                             tag.cells,
                             tag.experiment,
                             tag.cells == tag.current ? ""
                                                      : fmt::format(" ({} not of its last run)",
                                                                    tag.cells - tag.current));
}

Names chosen_cells(const Database& database, const po::variables_map& values) {
  Names ids;
  if (values.count("cell") > 0)
    for (const std::string& prefix : values["cell"].as<Names>())
      ids.push_back(find_stored_result(database, prefix).record.id);
  if (values.count("experiment") == 0) {
    if (values.count("arm") > 0) throw UserError("--arm needs --experiment: whose arm it is");
    if (ids.empty())
      throw UserError("'runexp tag NAME' needs cells: their ids, or --experiment NAME");
    return ids;
  }
  Names arms;
  const size_t before = ids.size();
  for (const StoredCell& cell : current_cells(database, values["experiment"].as<std::string>())) {
    arms.push_back(cell.arm);
    if (values.count("arm") == 0 || cell.arm == values["arm"].as<std::string>())
      ids.push_back(cell.hash);
  }
  if (ids.size() == before)
    throw UserError(values.count("arm") > 0
                        ? fmt::format("the last run of '{}' has no arm '{}'{}",
                                      values["experiment"].as<std::string>(),
                                      values["arm"].as<std::string>(),
                                      did_you_mean(values["arm"].as<std::string>(), arms))
                        : fmt::format("the last run of '{}' has no cells",
                                      values["experiment"].as<std::string>()));
  return ids;
}

}  // namespace

int run_tag(const std::vector<std::string>& arguments) {
  po::positional_options_description positional;
  positional.add("name", 1).add("cell", -1);
  po::variables_map values;
  if (!parse_options(usage, arguments, describe_options(), positional, values)) return 0;
  if (values.count("name") == 0) {
    if (values["remove"].as<bool>() || values.count("experiment") > 0)
      throw UserError("'runexp tag' needs the tag's name before all else");
    print_tags(Database(results_file(values), Database::Access::read_only));
    return 0;
  }
  const auto name = values["name"].as<std::string>();
  require_tag_name(name);
  // Reading comes first: a file that is not there is not made for a tag.
  const Names ids =
      chosen_cells(Database(results_file(values), Database::Access::read_only), values);
  const bool is_on = !values["remove"].as<bool>();
  Database(results_file(values)).set_tag(ids, name, is_on);
  std::cout << fmt::format("{} {} cell{} {}\n",
                           is_on ? "tagged" : "untagged",
                           ids.size(),
                           ids.size() == 1 ? "" : "s",
                           name);
  return 0;
}

}  // namespace monodr
