// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <iostream>

#include "base/text.h"
#include "experiment/catalogue.h"
#include "experiment/sections.h"
#include "experiment/workers.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/options.h"

namespace monodr {
namespace {

namespace po = boost::program_options;

const CommandUsage usage = {"runexp plugins",
                            "list | show NAME | doctor [options]",
                            R"(list      one line a plugin
show NAME a plugin's parameters with defaults, ranges, units and meanings, as TOML to copy
doctor    where plugins are looked for, what was found and what was refused, and why; exit code 1
          where something was refused

Adding a plugin takes no more than copying its .so file into one of the folders that doctor names.

Examples:
  runexp plugins list
  runexp plugins show soft_rasterizer
  runexp plugins doctor --plugin-path ~/my_plugins
)"};

void list(const PluginCatalogue& catalogue) {
  for (const PluginKind kind : plugin_kinds())
    for (const PluginInfo& plugin : catalogue.plugins)
      if (plugin.kind == kind)
        std::cout << fmt::format("{:<12} {:<20} {:<8} {}\n",
                                 to_string(kind),
                                 plugin.name,
                                 plugin.version,
                                 plugin.description);
}

std::string range(const Parameter& parameter) {
  if (!parameter.choices.empty()) return join(parameter.choices, " | ");
  const bool below = std::isinf(parameter.minimum), above = std::isinf(parameter.maximum);
  if (below && above) return "";
  if (above) return fmt::format("at least {}", parameter.minimum);
  if (below) return fmt::format("at most {}", parameter.maximum);
  return fmt::format("{} to {}", parameter.minimum, parameter.maximum);
}

void show_parameter(const Parameter& parameter) {
  std::string remark = parameter.meaning;
  if (!parameter.unit.empty() && parameter.unit != "1") remark += "; " + parameter.unit;
  if (const std::string limits = range(parameter); !limits.empty()) remark += "; " + limits;
  std::cout << fmt::format(
      "{:<32} # {}\n", parameter.name + " = " + to_toml(parameter.default_value), remark);
}

void show(const PluginInfo& plugin) {
  std::cout << fmt::format(
      "{} {} {}\n{}\n", to_string(plugin.kind), plugin.name, plugin.version, plugin.description);
  if (!plugin.paper.empty()) std::cout << "paper: " << plugin.paper << "\n";
  if (!plugin.differentiable_in.empty())
    std::cout << "differentiable in: " << plugin.differentiable_in << "\n";
  std::cout << "deterministic: " << (plugin.deterministic ? "yes" : "no") << "\n"
            << "file: " << plugin.file << "\nsha256: " << plugin.file_hash << "\n\n";
  std::cout << fmt::format("[{}.{}]\n", to_string(plugin.kind), plugin.name);
  if (plugin.kind == PluginKind::loss)
    for (const Parameter& parameter : loss_section_parameters()) show_parameter(parameter);
  for (const Parameter& parameter : plugin.parameters) show_parameter(parameter);
}

// One name may be borne by plugins of several kinds: all are shown.
void show_all(const PluginCatalogue& catalogue, const std::string& name) {
  std::vector<std::string> names;
  bool found = false;
  for (const PluginInfo& plugin : catalogue.plugins) {
    names.push_back(plugin.name);
    if (plugin.name != name) continue;
    if (found) std::cout << "\n";
    show(plugin);
    found = true;
  }
  if (!found)
    throw UserError(fmt::format("there is no plugin '{}'{}; 'runexp plugins list' names all",
                                name,
                                did_you_mean(name, names)));
}

int doctor(const CatalogueSource& source) {
  std::cout << "folders, first wins:\n";
  for (const std::string& folder : source.folders()) std::cout << "  " << folder << "\n";
  if (source.folders().empty()) std::cout << "  none exists\n";
  std::cout << "\nfound:\n";
  for (const PluginInfo& plugin : source.catalogue().plugins)
    std::cout << fmt::format(
        "  {:<12} {:<20} {}\n", to_string(plugin.kind), plugin.name, plugin.file);
  if (source.catalogue().refused.empty()) {
    std::cout << "\nnothing was refused\n";
    return 0;
  }
  std::cout << "\nrefused:\n";
  for (const PluginRefusal& refusal : source.catalogue().refused)
    std::cout << fmt::format("  {}: {}\n", refusal.file, refusal.reason);
  return 1;
}

}  // namespace

int run_plugins(const std::vector<std::string>& arguments) {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  options.add_options()("word", po::value<std::vector<std::string>>(), "list, show NAME or doctor");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage, arguments, options, positional, values)) return 0;
  std::vector<std::string> words{"list"};
  if (values.count("word") > 0) words = values["word"].as<std::vector<std::string>>();
  const std::string& action = words[0];
  const size_t expected = action == "show" ? 2 : 1;
  if ((action != "list" && action != "show" && action != "doctor") || words.size() != expected)
    throw UserError(
        fmt::format("'runexp plugins {}' is not understood{}; see 'runexp plugins --help'",
                    join(words, " "),
                    did_you_mean(action, {"list", "show", "doctor"})));

  const CatalogueSource source(
      worker_program(), plugin_folders(plugin_path(values), {}), cache_folder(values));
  if (action == "doctor") return doctor(source);
  if (action == "show")
    show_all(source.catalogue(), words[1]);
  else
    list(source.catalogue());
  return 0;
}

}  // namespace monodr
