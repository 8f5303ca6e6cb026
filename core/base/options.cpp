// SPDX-License-Identifier: Apache-2.0
#include "base/options.h"

#include <fmt/format.h>

#include <iostream>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

std::vector<std::string> option_names(const po::options_description& options) {
  std::vector<std::string> names;
  for (const auto& option : options.options()) names.push_back("--" + option->long_name());
  return names;
}

// `word` is what commands call arguments that stand without a name.
void print_list(const po::options_description& options) {
  for (const auto& option : options.options()) {
    const std::string meaning = option->description();
    if (option->long_name() != "word")
      std::cout << "--" << option->long_name() << '\t' << meaning.substr(0, meaning.find(';'))
                << '\n';
  }
}

}  // namespace

bool parse_options(const CommandUsage& usage,
                   const std::vector<std::string>& arguments,
                   const po::options_description& options,
                   const po::positional_options_description& positional,
                   po::variables_map& values) {
  po::options_description all = options;
  all.add_options()("help,h", "this text");
  if (arguments == std::vector<std::string>{list_options_word}) {
    print_list(all);
    return false;
  }
  const std::string see_help = fmt::format("; see '{} --help'", usage.command);
  try {
    const int style =
        po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
    const auto parsed =
        po::command_line_parser(arguments).options(all).positional(positional).style(style).run();
    po::store(parsed, values);
    if (values.count("help") > 0) {
      std::cout << "usage: " << usage.command << ' ' << usage.synopsis << "\n\n"
                << usage.text << '\n'
                << options << std::flush;
      return false;
    }
    po::notify(values);
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    throw UserError(fmt::format("{}: unknown option '{}'{}{}",
                                usage.command,
                                name,
                                did_you_mean(name, option_names(all)),
                                see_help));
  } catch (const po::error& error) {
    throw UserError(fmt::format("{}: {}{}", usage.command, error.what(), see_help));
  }
  return true;
}

std::vector<std::string> split_list(const std::string& text, const std::string& option) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    const std::string part = text.substr(start, end - start);
    const size_t first = part.find_first_not_of(' ');
    if (first == std::string::npos)
      throw UserError(fmt::format(
          "{} '{}' has an empty entry; write values with ',' between them", option, text));
    parts.push_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
    start = end + 1;
  }
  return parts;
}

}  // namespace monodr
