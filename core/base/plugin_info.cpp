// SPDX-License-Identifier: Apache-2.0
#include "base/plugin_info.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"

namespace monodr {
namespace {

using nlohmann::json;

// JSON has no infinity: an open bound is written as null.
json bound(double value) {
  return std::isinf(value) ? json(nullptr) : json(value);
}

json to_json_value(const ParameterValue& value) {
  return std::visit([](const auto& v) { return json(v); }, value);
}

ParameterValue value_from_json(const json& value, ParameterType type) {
  switch (type) {
    case ParameterType::boolean:
      return value.get<bool>();
    case ParameterType::integer:
      return value.get<std::int64_t>();
    case ParameterType::real:
      return value.get<double>();
    case ParameterType::text:
      return value.get<std::string>();
    case ParameterType::real_list:
      return value.get<std::vector<double>>();
    case ParameterType::text_list:
      return value.get<std::vector<std::string>>();
  }
  throw_check_failure("type", __FILE__, __LINE__, "unknown parameter type");
}

json to_json_object(const Parameter& p) {
  return {{"name", p.name},
          {"type", static_cast<int>(p.type())},
          {"unit", p.unit},
          {"default", to_json_value(p.default_value)},
          {"meaning", p.meaning},
          {"minimum", bound(p.minimum)},
          {"choices", p.choices},
          {"is_file", p.is_file},
          {"maximum", bound(p.maximum)}};
}

Parameter parameter_from_json(const json& object) {
  Parameter p;
  p.name = object.at("name");
  p.default_value = value_from_json(object.at("default"),
                                    static_cast<ParameterType>(object.at("type").get<int>()));
  p.unit = object.at("unit");
  p.meaning = object.at("meaning");
  if (!object.at("minimum").is_null()) p.minimum = object.at("minimum");
  if (!object.at("maximum").is_null()) p.maximum = object.at("maximum");
  p.choices = object.at("choices").get<std::vector<std::string>>();
  p.is_file = object.at("is_file");
  return p;
}

const std::vector<PluginKindDefinition>& kind_definitions() {
  using enum PluginKindDefinition::Use;
  static const std::vector<PluginKindDefinition> definitions = {
#define MONODR_PLUGIN_KIND(name, Interface, folder, tests, use) \
  {PluginKind::name, #name, folder, tests, use},
#include "base/plugin_kinds.def"
#undef MONODR_PLUGIN_KIND
  };
  return definitions;
}

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

json to_json_object(const Differentiability& d) {
  json approximate = json::array();
  for (const auto& pair : d.approximate) approximate.push_back({pair.output, pair.input});
  return {
      {"inputs", d.inputs}, {"approximate", approximate}, {"all_approximate", d.all_approximate}};
}

Differentiability differentiability_from(const json& object) {
  Differentiability d;
  d.inputs = object.at("inputs").get<std::vector<std::string>>();
  for (const json& pair : object.at("approximate"))
    d.approximate.push_back({pair.at(0), pair.at(1)});
  d.all_approximate = object.at("all_approximate");
  return d;
}

}  // namespace

const PluginKindDefinition& definition_of(PluginKind kind) {
  return kind_definitions().at(static_cast<size_t>(kind));
}

std::string_view to_string(PluginKind kind) {
  return definition_of(kind).name;
}

const std::vector<PluginKind>& plugin_kinds() {
  static const std::vector<PluginKind> kinds = [] {
    std::vector<PluginKind> all;
    for (const PluginKindDefinition& definition : kind_definitions())
      all.push_back(definition.kind);
    return all;
  }();
  return kinds;
}

std::optional<PluginKind> plugin_kind_named(std::string_view name) {
  for (const PluginKindDefinition& definition : kind_definitions())
    if (definition.name == name) return definition.kind;
  return std::nullopt;
}

std::string names_of_plugin_kinds() {
  std::vector<std::string> names;
  for (const PluginKindDefinition& definition : kind_definitions())
    names.emplace_back(definition.name);
  return join(names, ", ");
}

bool Differentiability::in(const std::string& input) const {
  return has(inputs, input);
}

bool Differentiability::is_approximate(const std::string& output, const std::string& input) const {
  return all_approximate ||
         std::find(approximate.begin(), approximate.end(), Pair{output, input}) !=
             approximate.end();
}

std::string Differentiability::text() const {
  std::string text = join(inputs, ", ");
  std::vector<std::string> pairs;
  for (const Pair& pair : approximate) pairs.push_back(pair.output + "/" + pair.input);
  if (all_approximate) return text + "; approximate";
  return pairs.empty() ? text : text + "; approximate: " + join(pairs, ", ");
}

const PluginInfo& PluginCatalogue::find(PluginKind kind,
                                        const std::string& name,
                                        const SourceLocation& where) const {
  std::vector<std::string> names;
  for (const PluginInfo& plugin : plugins) {
    if (plugin.kind != kind) continue;
    if (plugin.name == name) return plugin;
    names.push_back(plugin.name);
  }
  std::string message = fmt::format("there is no {} plugin '{}'{}; found: {}",
                                    to_string(kind),
                                    name,
                                    did_you_mean(name, names),
                                    names.empty() ? "none" : join(names, ", "));
  for (const PluginRefusal& refusal : refused)
    message += fmt::format("\n  refused {}: {}", refusal.file, refusal.reason);
  throw UserError(where, message);
}

std::vector<std::string> plugin_folders(const std::vector<std::string>& extra,
                                        const std::vector<std::string>& from_experiment) {
  std::vector<std::string> candidates = extra;
  if (const char* variable = std::getenv("RUNEXP_PLUGIN_PATH")) {
    std::istringstream parts(variable);
    for (std::string part; std::getline(parts, part, ':');)
      if (!part.empty()) candidates.push_back(part);
  }
  candidates.insert(candidates.end(), from_experiment.begin(), from_experiment.end());
  const auto binary = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  candidates.push_back((binary / "plugins").string());
  candidates.push_back((binary.parent_path() / "lib" / "monodr" / "plugins").string());

  std::vector<std::string> folders;
  for (const std::string& candidate : candidates) {
    if (!std::filesystem::is_directory(candidate)) continue;
    const std::string folder = std::filesystem::canonical(candidate).string();
    if (std::find(folders.begin(), folders.end(), folder) == folders.end())
      folders.push_back(folder);
  }
  return folders;
}

std::string to_json(const PluginCatalogue& catalogue) {
  json plugins = json::array(), refused = json::array();
  for (const PluginInfo& p : catalogue.plugins) {
    json parameters = json::array();
    for (const Parameter& parameter : p.parameters) parameters.push_back(to_json_object(parameter));
    plugins.push_back({{"kind", to_string(p.kind)},
                       {"name", p.name},
                       {"version", p.version},
                       {"description", p.description},
                       {"paper", p.paper},
                       {"parameters", parameters},
                       {"differentiable_in", to_json_object(p.differentiable_in)},
                       {"is_default", p.is_default},
                       {"deterministic", p.deterministic},
                       {"file", p.file},
                       {"file_hash", p.file_hash}});
  }
  for (const PluginRefusal& r : catalogue.refused)
    refused.push_back({{"file", r.file}, {"reason", r.reason}});
  return json{{"plugins", plugins}, {"refused", refused}, {"code_hash", catalogue.code_hash}}.dump(
      1);
}

PluginCatalogue catalogue_from_json(const std::string& text) {
  const json document = json::parse(text);
  PluginCatalogue catalogue;
  for (const json& object : document.at("plugins")) {
    PluginInfo p;
    p.kind = plugin_kind_named(object.at("kind").get<std::string>()).value();
    p.name = object.at("name");
    p.version = object.at("version");
    p.description = object.at("description");
    p.paper = object.at("paper");
    for (const json& parameter : object.at("parameters"))
      p.parameters.push_back(parameter_from_json(parameter));
    p.differentiable_in = differentiability_from(object.at("differentiable_in"));
    p.is_default = object.at("is_default");
    p.deterministic = object.at("deterministic");
    p.file = object.at("file");
    p.file_hash = object.at("file_hash");
    catalogue.plugins.push_back(std::move(p));
  }
  for (const json& object : document.at("refused"))
    catalogue.refused.push_back({object.at("file"), object.at("reason")});
  catalogue.code_hash = document.at("code_hash");
  return catalogue;
}

}  // namespace monodr
