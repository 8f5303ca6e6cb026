// SPDX-License-Identifier: Apache-2.0
#include "runexp/plugin_pages.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/text.h"
#include "settings/sections.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr const char* kGenerated =
    "<!-- Generated from the plugins' schemas by `./runexp plugins docs --output docs/plugins`. "
    "-->\n";

/// A cell of a Markdown table: a '|' would end it.
std::string in_cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\\|");
  return text;
}

std::string title(const PluginInfo& plugin) {
  std::string kind(to_string(plugin.kind));
  std::replace(kind.begin(), kind.end(), '_', ' ');
  return fmt::format("{} ({})", plugin.name, kind);
}

std::string file_name(const PluginInfo& plugin) {
  return fmt::format("{}_{}.md", to_string(plugin.kind), plugin.name);
}

std::string parameter_row(const Parameter& parameter) {
  return fmt::format("| `{}` | `{}` | {} | {} | {} |\n",
                     parameter.name,
                     in_cell(to_toml(parameter.default_value)),
                     in_cell(describe_range(parameter)),
                     parameter.unit == "1" ? "" : in_cell(parameter.unit),
                     in_cell(parameter.meaning));
}

std::string page(const PluginInfo& plugin) {
  std::string text = fmt::format("{}# {}\n\n{}\n\n", kGenerated, title(plugin), plugin.description);
  text += fmt::format("- Version: {}\n", plugin.version);
  if (!plugin.paper.empty()) text += fmt::format("- Paper: {}\n", plugin.paper);
  if (const std::string gradients = plugin.differentiable_in.text(); !gradients.empty())
    text += fmt::format("- Differentiable in: {}\n", gradients);
  text += fmt::format("- Deterministic: {}\n\n", plugin.deterministic ? "yes" : "no");
  ParameterSchema schema;
  if (definition_of(plugin.kind).use == PluginKindDefinition::Use::tables)
    schema = loss_section_parameters();
  schema.insert(schema.end(), plugin.parameters.begin(), plugin.parameters.end());
  if (schema.empty()) return text + "It has no parameters.\n";
  text += fmt::format("```toml\n[{}.{}]\n", to_string(plugin.kind), plugin.name);
  for (const Parameter& parameter : schema)
    text += fmt::format("{} = {}\n", parameter.name, to_toml(parameter.default_value));
  text += "```\n\n| parameter | default | range | unit | meaning |\n|---|---|---|---|---|\n";
  for (const Parameter& parameter : schema) text += parameter_row(parameter);
  return text;
}

std::string index(const std::vector<const PluginInfo*>& plugins) {
  std::string text =
      std::string(kGenerated) + "# Plugins\n\n| kind | name | what it does |\n|---|---|---|\n";
  for (const PluginInfo* plugin : plugins)
    text += fmt::format("| {} | [{}]({}) | {} |\n",
                        to_string(plugin->kind),
                        plugin->name,
                        file_name(*plugin),
                        in_cell(plugin->description));
  return text;
}

std::vector<std::string> markdown_files(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().extension() == ".md") names.push_back(entry.path().filename());
  return names;
}

}  // namespace

std::string describe_range(const Parameter& parameter) {
  if (!parameter.choices.empty()) return join(parameter.choices, " | ");
  const bool below = std::isinf(parameter.minimum), above = std::isinf(parameter.maximum);
  if (below && above) return "";
  if (above) return fmt::format("at least {}", parameter.minimum);
  if (below) return fmt::format("at most {}", parameter.maximum);
  return fmt::format("{} to {}", parameter.minimum, parameter.maximum);
}

std::map<std::string, std::string> plugin_pages(const PluginCatalogue& catalogue) {
  std::vector<const PluginInfo*> plugins;
  for (const PluginInfo& plugin : catalogue.plugins) plugins.push_back(&plugin);
  std::sort(plugins.begin(), plugins.end(), [](const PluginInfo* a, const PluginInfo* b) {
    return std::tie(a->kind, a->name) < std::tie(b->kind, b->name);
  });
  std::map<std::string, std::string> pages{{"README.md", index(plugins)}};
  for (const PluginInfo* plugin : plugins) pages[file_name(*plugin)] = page(*plugin);
  return pages;
}

void write_plugin_pages(const std::map<std::string, std::string>& pages,
                        const std::string& folder) {
  fs::create_directories(folder);
  for (const auto& [name, text] : pages) write_file_atomically(fs::path(folder) / name, text);
  for (const std::string& name : outdated_pages(pages, folder)) fs::remove(fs::path(folder) / name);
}

std::vector<std::string> outdated_pages(const std::map<std::string, std::string>& pages,
                                        const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& [name, text] : pages) {
    const fs::path file = fs::path(folder) / name;
    if (!fs::exists(file) || read_file(file) != text) names.push_back(name);
  }
  // Only what says that it was generated: a page that a person wrote there stays.
  for (const std::string& name : markdown_files(folder))
    if (pages.count(name) == 0 && read_file(fs::path(folder) / name).rfind(kGenerated, 0) == 0)
      names.push_back(name);
  return names;
}

}  // namespace monodr
