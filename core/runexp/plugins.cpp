// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/options.h"
#include "base/text.h"
#include "base/toml_tree.h"
#include "launch/catalogue.h"
#include "launch/workers.h"
#include "runexp/check_plugin.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"
#include "runexp/new_plugin.h"
#include "runexp/plugin_pages.h"
#include "settings/sections.h"

namespace monodr {
namespace {

namespace po = boost::program_options;
using Words = std::vector<std::string>;

CommandUsage usage() {
  return {"runexp plugins",
          "list | show NAME | new KIND NAME | check NAME|FILE.so [KEY=VALUE...] | doctor | docs",
          R"(list           each plugin with version, description, capabilities and file
show NAME      a plugin's parameters with defaults, ranges, units and meanings, as TOML to copy
new KIND NAME  writes a plugin that works, its test, its CMake lines and an experiment; KIND is
               one of: )" +
              names_of_plugin_kinds() + R"(. In a tree of monodr it goes
               where such files are kept, elsewhere (or with --output) to a folder that builds
               on its own
check NAME     runs the contract of the plugin's kind: ABI, schema, shapes, gradient, determinism,
               batches, degenerate input; exit code 1 where it is not kept. Also for a FILE.so.
               KEY=VALUE sets a parameter: what a network reads, it needs to be checked
doctor         where plugins are looked for, what was found and what was refused, and why; exit
               code 1 where something was refused
docs           writes a Markdown page a plugin to the folder --output; with --check it writes
               nothing, and the exit code is 1 where pages are out of date

Adding a plugin takes no more than copying its .so file into one of the folders that doctor names.

Examples:
  runexp plugins list --format json
  runexp plugins show soft_rasterizer
  runexp plugins new loss my_iou
  runexp plugins check my_iou/build/plugins/loss_my_iou.so
  runexp plugins check onnx model=networks/yolov5n-seg.onnx head=yolo_maps
  runexp plugins doctor --plugin-path ~/my_plugins
)"};
}

std::string capabilities(const PluginInfo& plugin) {
  const std::string gradients = plugin.differentiable_in.text();
  return (gradients.empty() ? "" : "differentiable in " + gradients + "; ") +
         (plugin.deterministic ? "deterministic" : "not deterministic");
}

void list_as_text(const PluginCatalogue& catalogue) {
  for (const PluginKind kind : plugin_kinds())
    for (const PluginInfo& plugin : catalogue.plugins)
      if (plugin.kind == kind)
        std::cout << fmt::format("{:<12} {:<20} {:<8} {}\n{:13}{}\n{:13}{}\n",
                                 to_string(kind),
                                 plugin.name,
                                 plugin.version,
                                 plugin.description,
                                 "",
                                 capabilities(plugin),
                                 "",
                                 plugin.file);
}

void list_as_json(const PluginCatalogue& catalogue) {
  auto list = nlohmann::ordered_json::array();
  for (const PluginKind kind : plugin_kinds())
    for (const PluginInfo& plugin : catalogue.plugins)
      if (plugin.kind == kind)
        list.push_back({{"kind", to_string(kind)},
                        {"name", plugin.name},
                        {"version", plugin.version},
                        {"file", plugin.file},
                        {"description", plugin.description},
                        {"capabilities",
                         {{"differentiable_in", plugin.differentiable_in.text()},
                          {"deterministic", plugin.deterministic}}}});
  std::cout << list.dump(2) << "\n";
}

void show_parameter(const Parameter& parameter) {
  std::string remark = parameter.meaning;
  if (!parameter.unit.empty() && parameter.unit != "1") remark += "; " + parameter.unit;
  if (const std::string limits = describe_range(parameter); !limits.empty())
    remark += "; " + limits;
  std::cout << fmt::format(
      "{:<32} # {}\n", parameter.name + " = " + to_toml(parameter.default_value), remark);
}

void show(const PluginInfo& plugin) {
  std::cout << fmt::format(
      "{} {} {}\n{}\n", to_string(plugin.kind), plugin.name, plugin.version, plugin.description);
  if (!plugin.paper.empty()) std::cout << "paper: " << plugin.paper << "\n";
  std::cout << capabilities(plugin) << "\nfile: " << plugin.file << "\nsha256: " << plugin.file_hash
            << "\n\n";
  std::cout << fmt::format("[{}.{}]\n", to_string(plugin.kind), plugin.name);
  if (definition_of(plugin.kind).use == PluginKindDefinition::Use::tables)
    for (const Parameter& parameter : loss_section_parameters()) show_parameter(parameter);
  for (const Parameter& parameter : plugin.parameters) show_parameter(parameter);
}

// One name may be borne by plugins of several kinds.
std::vector<PluginInfo> find_all(const PluginCatalogue& catalogue, const std::string& name) {
  std::vector<PluginInfo> found;
  Words names;
  for (const PluginInfo& plugin : catalogue.plugins) {
    names.push_back(plugin.name);
    if (plugin.name == name) found.push_back(plugin);
  }
  if (!found.empty()) return found;
  std::string message = fmt::format("there is no plugin '{}'{}; 'runexp plugins list' names all",
                                    name,
                                    did_you_mean(name, names));
  for (const PluginRefusal& refusal : catalogue.refused)
    if (refusal.file.find("_" + name + ".so") != std::string::npos)
      message += fmt::format("\n  refused {}: {}", refusal.file, refusal.reason);
  throw UserError(message);
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

int docs(const PluginCatalogue& catalogue, const po::variables_map& values) {
  if (values.count("output") == 0)
    throw UserError("'runexp plugins docs' needs --output DIR, in the tree docs/plugins");
  const std::string folder = values["output"].as<std::string>();
  const auto pages = plugin_pages(catalogue);
  if (!values["check"].as<bool>()) {
    write_plugin_pages(pages, folder);
    return 0;
  }
  const Words outdated = outdated_pages(pages, folder);
  for (const std::string& name : outdated)
    std::cout << fmt::format(
        "{}/{} is out of date; run: ./runexp plugins docs --output docs/plugins\n", folder, name);
  return outdated.empty() ? 0 : 1;
}

PluginKind kind_from(const std::string& word) {
  Words names;
  for (const PluginKind kind : plugin_kinds()) {
    if (word == to_string(kind)) return kind;
    names.emplace_back(to_string(kind));
  }
  throw UserError(fmt::format("'{}' is no kind of plugin{}; kinds: {}",
                              word,
                              did_you_mean(word, names),
                              join(names, ", ")));
}

int make_new(const Words& words, const po::variables_map& values) {
  const NewPlugin plugin{kind_from(words[1]),
                         words[2],
                         values.count("output") > 0 ? values["output"].as<std::string>() : ""};
  for (const std::string& file : plugin.write()) std::cout << file << "\n";
  std::cout << "\nnext:\n" << plugin.next_steps();
  return 0;
}

po::options_description describe_options() {
  po::options_description options("options");
  add_results_option(options);
  add_plugin_options(options);
  auto add = options.add_options();
  add("format",
      po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "of list: text or json");
  add("output", po::value<std::string>()->value_name("DIR"), "folder for new and docs");
  add("check", po::bool_switch(), "docs: compare, write nothing");
  return options;
}

/// The words of the command line, "list" where there are none.
Words checked_words(const po::variables_map& values) {
  Words words{"list"};
  if (values.count("word") > 0) words = values["word"].as<Words>();
  static const std::map<std::string, size_t> counts = {
      {"list", 1}, {"show", 2}, {"new", 3}, {"check", 2}, {"doctor", 1}, {"docs", 1}};
  Words actions;
  for (const auto& [action, count] : counts) actions.push_back(action);
  const auto action = counts.find(words[0]);
  const bool takes_more = words[0] == "check" && words.size() > 2;
  if (action == counts.end() || (action->second != words.size() && !takes_more))
    throw UserError(
        fmt::format("'runexp plugins {}' is not understood{}; see 'runexp plugins --help'",
                    join(words, " "),
                    action == counts.end() ? did_you_mean(words[0], actions) : ""));
  const std::string& format = values["format"].as<std::string>();
  if (format != "text" && format != "json")
    throw UserError(fmt::format("--format is '{}', but must be text or json", format));
  return words;
}

/// The parameters behind `check NAME`, as JSON.
std::string given_parameters(const Words& words) {
  nlohmann::json given = nlohmann::json::object();
  for (size_t i = 2; i < words.size(); ++i)
    for (const TomlEntry& entry : parse_override(words[i]))
      std::visit([&](const auto& value) { given[entry.key] = value; }, to_given_value(entry).value);
  return given.dump();
}

}  // namespace

int run_plugins(const Words& arguments) {
  po::options_description options = describe_options();
  po::options_description all = options;
  all.add_options()("word", po::value<Words>(), "list, show NAME, new KIND NAME, ...");
  po::variables_map values;
  const auto positional = po::positional_options_description().add("word", -1);
  if (!parse_options(usage(), arguments, all, positional, values)) return 0;
  const Words words = checked_words(values);
  const std::string& action = words[0];
  if (action == "new") return make_new(words, values);
  if (action == "check" && is_plugin_file(words[1]))
    return check_plugin_file(words[1], given_parameters(words));

  const CatalogueSource source(
      worker_program(), plugin_folders(plugin_path(values), {}), cache_folder(values));
  if (action == "doctor") return doctor(source);
  if (action == "docs") return docs(source.catalogue(), values);
  if (action == "list") {
    (values["format"].as<std::string>() == "json" ? list_as_json
                                                  : list_as_text)(source.catalogue());
    return 0;
  }
  int result = 0;
  for (const PluginInfo& plugin : find_all(source.catalogue(), words[1])) {
    if (action == "show")
      show(plugin);
    else
      result = std::max(
          result,
          check_plugin(plugin.kind, plugin.name, given_parameters(words), source.folders()));
  }
  return result;
}

}  // namespace monodr
