// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace monodr {

/// How a subcommand is used, for `--help` and for messages.
struct CommandUsage {
  std::string command;   ///< "runexp evaluate"
  std::string synopsis;  ///< "--labels DIR --detections DIR [options]"
  std::string text;      ///< what it does; examples
};

/// The word after a subcommand that makes it print its options, one a line, for the completion of
/// shells: "--jobs<TAB>worker processes".
inline constexpr const char* list_options_word = "--list-options";

/// Parses `arguments` into `values`; returns false when --help (or the list of options) was
/// asked for and printed. Options
/// must be spelled out in full. Throws UserError for anything unknown (with the nearest option's
/// name), missing or malformed.
bool parse_options(const CommandUsage& usage,
                   const std::vector<std::string>& arguments,
                   const boost::program_options::options_description& options,
                   const boost::program_options::positional_options_description& positional,
                   boost::program_options::variables_map& values);

/// "car,pedestrian" as {"car", "pedestrian"}; blanks around the parts are dropped. UserError for an
/// empty part.
std::vector<std::string> split_list(const std::string& text, const std::string& option);

}  // namespace monodr
