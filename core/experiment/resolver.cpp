// SPDX-License-Identifier: Apache-2.0
#include "experiment/resolver.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/parameters_json.h"
#include "base/path_identity.h"
#include "base/text.h"
#include "settings/sections.h"

namespace monodr {

namespace {

const Section* find_section(const std::string& name) {
  for (const Section& section : core_sections())
    if (section.name == name) return &section;
  return nullptr;
}

PluginKind kind_of_section(const std::string& section, const SourceLocation& where) {
  if (const auto kind = plugin_kind_named(section)) return *kind;
  if (section == "train") return PluginKind::rule;  // [train.hindsight]: of the rule over heads
  throw UserError(where, fmt::format("[{}] has no tables of its own", section));
}

bool names_a_plugin(const std::string& section) {
  const auto kind = plugin_kind_named(section);
  return kind && definition_of(*kind).use != PluginKindDefinition::Use::tables;
}

void check_dataset_root(const Parameters& dataset,
                        const std::map<std::string, GivenValue>& given,
                        const std::string& file) {
  const std::string& root = dataset.text("root");
  const auto key = given.find(root.empty() ? "source" : "root");
  const SourceLocation where = key == given.end() ? SourceLocation{file} : key->second.where;
  if (dataset.text("source") == "synthetic") return;
  const bool is_manifest = dataset.text("source") == "manifest";
  if (root.empty())
    throw UserError(
        where,
        is_manifest ? "source = \"manifest\" needs 'dataset.root', the manifest's file"
                    : "source = \"kitti\" needs 'dataset.root', the folder that holds training/");
  if (is_manifest ? !std::filesystem::is_regular_file(root) : !std::filesystem::is_directory(root))
    throw UserError(where,
                    fmt::format("'dataset.root' is \"{}\", but there is no such {}{}",
                                root,
                                is_manifest ? "file" : "folder",
                                std::filesystem::path(root).is_relative()
                                    ? " (relative to the current directory)"
                                    : ""));
}

std::vector<IdleKey>::const_iterator find_idle(const std::vector<IdleKey>& idle,
                                               std::string_view key) {
  return std::find_if(idle.begin(), idle.end(), [&](const IdleKey& one) { return one.key == key; });
}

// What lies at the path takes the place of the path, in what identifies a cell; if it is read.
void identify_path(const std::string& key,
                   const Parameters& parameters,
                   const std::map<std::string, GivenValue>& given,
                   const std::vector<IdleKey>& idle,
                   std::string& identity) {
  const std::string& path = parameters.text(key);
  if (path.empty() || find_idle(idle, key) != idle.end()) return;
  auto settings = nlohmann::json::parse(identity);
  try {
    settings[key] = path_identity(path);
  } catch (const UserError& error) {
    throw UserError(given.at(key).where, fmt::format("'{}': {}", key, error.what()));
  }
  identity = settings.dump();
}

/// The path of a file that is not below the current folder, but beside the experiment's file that names it.
void find_beside(const std::string& key, std::map<std::string, GivenValue>& given) {
  namespace fs = std::filesystem;
  const auto value = given.find(key);
  auto* path = value == given.end() ? nullptr : std::get_if<std::string>(&value->second.value);
  if (path == nullptr || path->empty() || fs::path(*path).is_absolute() || fs::exists(*path))
    return;
  const fs::path beside = fs::path(value->second.where.file).parent_path() / *path;
  if (fs::exists(beside)) *path = beside.string();
}

// A rule over several keys is told at the first of them that its message names.
std::vector<IdleKey> check_rules(const Section& section,
                                 const Parameters& parameters,
                                 const std::map<std::string, GivenValue>& given,
                                 const std::string& file) {
  try {
    return section.check(parameters);
  } catch (const UserError& error) {
    const std::string message = error.what();
    for (const auto& [key, value] : given)
      if (message.find("'" + section.name + "." + key + "'") != std::string::npos)
        throw UserError(value.where, message);
    throw UserError(SourceLocation{file}, message);
  }
}

/// Which tables a cell reads: a method that renders nothing must not become another one with a renderer's file,
/// nor data without a network with a detector's.
struct TablesRead {
  MethodSettings method;
  DatasetSettings dataset;

  bool reads(const std::string& section) const {
    if (section == detector_binding().name()) return dataset.asks_detector();
    if (section == depth_estimator_binding().name()) return dataset.asks_depth_estimator();
    if (section == "predictor" || section == "train") return method.predicts();
    const bool is_of_the_fit = names_a_plugin(section) || section == "corpus" || section == "fit" ||
                               section == "confidence";
    return method.renders() || !is_of_the_fit;
  }
};

std::string in_braces_with(const std::string& object,
                           const std::string& key,
                           const std::string& inner) {
  const std::string body = object.substr(0, object.size() - 1);
  return fmt::format("{}{}\"{}\":{}}}", body, body.size() > 1 ? "," : "", key, inner);
}

}  // namespace

Resolver::Resolver(const PluginCatalogue& catalogue,
                   DatasetFingerprint fingerprint,
                   std::vector<std::string> files)
    : catalogue_(catalogue),
      fingerprint_(std::move(fingerprint)),
      files_(std::move(files)),
      file_(files_.back()),
      categories_(file_) {}

// A plugin's parameter one table too high is the likeliest of the unknown keys.
void Resolver::explain_misplaced_key(const std::string& section,
                                     const std::string& plugin,
                                     const std::map<std::string, GivenValue>& given) const {
  for (const PluginInfo& info : catalogue_.plugins) {
    if (to_string(info.kind) != section || info.name != plugin) continue;
    for (const auto& [name, value] : given)
      for (const Parameter& parameter : info.parameters)
        if (parameter.name == name)
          throw UserError(
              value.key_where,
              fmt::format(
                  "'{}' belongs to the plugin: write it in [{}.{}]", name, section, plugin));
  }
}

// The plugin of a section that names none: the one that calls itself the default, or the only one.
std::string Resolver::default_plugin_of(const std::string& section) const {
  std::vector<std::string> names, defaults;
  for (const PluginInfo& info : catalogue_.plugins) {
    if (to_string(info.kind) != section) continue;
    names.push_back(info.name);
    if (info.is_default) defaults.push_back(info.name);
  }
  if (defaults.size() == 1) return defaults[0];
  if (names.size() == 1) return names[0];
  throw UserError(
      SourceLocation{file_},
      fmt::format("[{}] names no plugin; write plugin = \"NAME\" there, with one of: {}",
                  section,
                  names.empty() ? "(none was found)" : join(names, ", ")));
}

Resolver::Table Resolver::make_section(const std::string& name,
                                       const std::map<std::string, GivenValue>& given) {
  const Section* section = find_section(name);
  MONODR_CHECK(section != nullptr, "no section '{}'", name);
  const auto named = given.find("plugin");
  Table table;
  if (names_a_plugin(name)) {
    std::map<std::string, GivenValue> unknown = given;
    for (const Parameter& parameter : section->parameters) {
      unknown.erase(parameter.name);
    }
    if (named == given.end())
      table.plugin = default_plugin_of(name);
    else if (const auto* text = std::get_if<std::string>(&named->second.value))
      table.plugin = *text;
    explain_misplaced_key(name, table.plugin, unknown);
  }
  std::map<std::string, GivenValue> complete = given;
  if (names_a_plugin(name) && named == given.end()) complete["plugin"].value = table.plugin;
  const Parameters parameters(section->parameters, complete, name);
  table.idle = check_rules(*section, parameters, given, file_);
  table.json = to_json(parameters).dump();
  table.identity = table.json;
  table.plugin_where = named == given.end() ? SourceLocation{file_} : named->second.where;
  if (name == "dataset") {
    check_dataset_root(parameters, given, file_);
    // Where the data lies does not change what it is, nor the category's file: [category] has all it says.
    auto settings = nlohmann::json::parse(table.json);
    settings.erase("root");
    settings.erase("category");
    settings["fingerprint"] = fingerprint_(parameters);
    table.identity = settings.dump();
  }
  if (name == "category" && parameters.text("corpus") != kParametricCars)
    identify_path("corpus", parameters, given, table.idle, table.identity);
  if (name == "corpus") identify_path("root", parameters, given, table.idle, table.identity);
  if (name == "shape_prior") identify_path("file", parameters, given, table.idle, table.identity);
  if (name == "predictor") identify_path("file", parameters, given, table.idle, table.identity);
  if (name == "train") {
    identify_path("root", parameters, given, table.idle, table.identity);
    table.plugin = parameters.text("rule");
    const auto rule = given.find("rule");
    const SourceLocation where = rule == given.end() ? SourceLocation{file_} : rule->second.where;
    table.info = &catalogue_.find(PluginKind::rule, table.plugin, where);
    table.identity += table.info->file_hash;
  }
  if (name == "method") identify_path("detections", parameters, given, table.idle, table.identity);
  if (name == "fit")
    identify_path("start_detections", parameters, given, table.idle, table.identity);
  return table;
}

Resolver::Table Resolver::make_loss(const std::string& name,
                                    const std::map<std::string, GivenValue>& given) {
  Table table;
  table.plugin = name.substr(name.find('.') + 1);
  table.plugin_where = given.begin()->second.key_where;
  auto own = given;
  if (const auto named = given.find("plugin"); named != given.end()) {
    table.plugin_where = named->second.where;
    const Parameter text{"plugin", table.plugin, "", "loss plugin"};
    table.plugin = std::get<std::string>(checked_value(text, named->second, name));
    own.erase("plugin");
  }
  const PluginInfo& info = catalogue_.find(PluginKind::loss, table.plugin, table.plugin_where);
  table.info = &info;
  ParameterSchema schema = loss_section_parameters();
  schema.insert(schema.end(), info.parameters.begin(), info.parameters.end());
  const Parameters parameters(schema, own, name);
  table.weight = parameters.real("weight");
  table.json =
      in_braces_with(to_json(parameters).dump(), "plugin", nlohmann::json(table.plugin).dump());
  table.identity = table.json + info.file_hash;
  return table;
}

Resolver::Table Resolver::make_plugin_table(const std::string& name,
                                            const std::map<std::string, GivenValue>& given) {
  const size_t dot = name.find('.');
  const std::string section = name.substr(0, dot), plugin = name.substr(dot + 1);
  const SourceLocation where =
      given.empty() ? SourceLocation{file_} : given.begin()->second.key_where;
  Table table;
  table.plugin = plugin;
  const PluginInfo& info = catalogue_.find(kind_of_section(section, where), plugin, where);
  table.info = &info;
  std::map<std::string, GivenValue> found = given;
  for (const Parameter& parameter : info.parameters)
    if (parameter.is_file) find_beside(parameter.name, found);
  const Parameters parameters(info.parameters, found, name);
  table.json = to_json(parameters).dump();
  table.identity = table.json;
  for (const Parameter& parameter : info.parameters)
    if (parameter.is_file) identify_path(parameter.name, parameters, found, {}, table.identity);
  table.identity += info.file_hash;
  return table;
}

Resolver::Table Resolver::make_table(const std::string& name, const Given& given) {
  std::map<std::string, GivenValue> values;
  for (const auto& [key, value] : given) values.emplace(key, *value);
  if (name.find('.') == std::string::npos) return make_section(name, values);
  if (name.rfind("loss.", 0) == 0) return make_loss(name, values);
  return make_plugin_table(name, values);
}

const Resolver::Table& Resolver::table(const std::string& name, const Given& given) {
  auto& known = tables_[name];
  const auto found = known.find(given);
  if (found != known.end()) return found->second;
  const Table& made = known.emplace(given, make_table(name, given)).first->second;
  note_idle_keys(given, made.idle);
  return made;
}

std::size_t Resolver::order_of(const SourceLocation& where) const {
  if (where.line == 0) return files_.size();  // the command line
  return static_cast<std::size_t>(std::find(files_.begin(), files_.end(), where.file) -
                                  files_.begin());
}

void Resolver::note_idle_keys(const Given& given, const std::vector<IdleKey>& idle) {
  for (const auto& [key, value] : given) {
    const auto found = find_idle(idle, key);
    const auto was_overruled = [&, &value = value](const auto& other) {
      return std::count(found->because_of.begin(), found->because_of.end(), other.first) > 0 &&
             order_of(other.second->key_where) > order_of(value->key_where);
    };
    const auto* text = std::get_if<std::string>(&value->value);
    if (found == idle.end() || (text != nullptr && text->empty()) ||  // "" = not set
        std::any_of(given.begin(), given.end(), was_overruled))
      read_.insert(value);
    else
      unread_.emplace(value, found->message);
  }
}

void Resolver::refuse_idle_keys() const {
  const auto place = [&](const GivenValue& value) {
    const SourceLocation& where = value.key_where;
    return std::tuple(order_of(where), where.line, where.column, where.file);
  };
  const std::pair<const GivenValue* const, std::string>* first = nullptr;
  for (const auto& entry : unread_)
    if (read_.count(entry.first) == 0 &&
        (first == nullptr || place(*entry.first) < place(*first->first)))
      first = &entry;
  if (first != nullptr) throw UserError(first->first->key_where, first->second);
}

void Resolver::add_category(std::map<std::string, Given>& tables) {
  std::string category = DatasetSettings{}.category;
  SourceLocation where{file_};
  for (const auto& [key, value] : tables["dataset"]) {
    if (key != "category") continue;
    where = value->where;
    if (const auto* text = std::get_if<std::string>(&value->value)) category = *text;
  }
  Given& given = tables["category"];
  for (const auto& [key, value] : categories_.of(category, where)) {
    const bool is_said = std::any_of(given.begin(), given.end(), [&, &name = key](const auto& own) {
      return own.first == name;
    });
    if (!is_said) given.emplace_back(key, &value);
  }
}

bool Resolver::uses_seed(const Table& dataset, const Table& method) {
  const auto [known, is_new] = uses_seed_.try_emplace({&dataset, &method});
  if (is_new)
    known->second = monodr::uses_seed(dataset_binding().read(nlohmann::json::parse(dataset.json)),
                                      method_binding().read(nlohmann::json::parse(method.json)));
  return known->second;
}

Configuration Resolver::resolve(const Values& values, const SourceLocation& where) {
  std::map<std::string, Given> tables;
  for (const Section& section : core_sections()) tables[section.name];
  for (const auto& [key, value] : values) {
    const size_t dot = key.rfind('.');
    const std::string table(key.substr(0, dot));
    if (table == "loss")
      throw UserError(value->key_where,
                      fmt::format("'{}' must be a table of a loss: [loss.mask]", key));
    tables[table].emplace_back(key.substr(dot + 1), value);
  }
  add_category(tables);
  const TablesRead read{
      method_binding().read(nlohmann::json::parse(table("method", tables["method"]).json)),
      dataset_binding().read(nlohmann::json::parse(table("dataset", tables["dataset"]).json))};
  const bool fits = read.method.renders();
  // Everything that stands in the file is checked, also what this cell does not use; but a method
  // that renders nothing asks for no plugin.
  std::vector<std::string> wrong;  // a person mends all of it at once
  for (const auto& [name, given] : tables) {
    if (given.empty() && !read.reads(name)) continue;
    try {
      const Table& checked = table(name, given);
      if (read.reads(name) && find_section(name) != nullptr && names_a_plugin(name))
        catalogue_.find(
            kind_of_section(name, checked.plugin_where), checked.plugin, checked.plugin_where);
    } catch (const UserError& error) {
      wrong.push_back(error.what());
    }
  }
  if (!wrong.empty()) throw UserError(join(wrong, "\n"));

  Configuration configuration;
  std::string losses, loss_identities;
  for (const auto& [name, given] : tables) {
    if (name.rfind("loss.", 0) != 0) continue;
    const Table& loss = table(name, given);
    if (loss.weight == 0) continue;
    losses += fmt::format("{}\"{}\":{}", losses.empty() ? "" : ",", name.substr(5), loss.json);
    configuration.plugins.push_back(loss.info);
    loss_identities += fmt::format("\n{}={}", name, loss.identity);
  }
  if (losses.empty() && fits)
    throw UserError(where,
                    "no loss has a weight: add [loss.mask] weight = 1.0, or another of the "
                    "plugins that `runexp plugins list` names");

  if (!fits) {
    losses.clear();
    loss_identities.clear();
    configuration.plugins.clear();
  }
  std::vector<const PluginInfo*> further;
  for (const Section& section : core_sections()) {
    if (!read.reads(section.name)) continue;
    const Table& core = table(section.name, tables[section.name]);
    std::string json = core.json, identity = core.identity;
    if (names_a_plugin(section.name)) {
      const std::string plugin_table = section.name + "." + core.plugin;
      const Table& plugin = table(plugin_table, tables[plugin_table]);
      json = in_braces_with(json, core.plugin, plugin.json);
      identity += plugin.identity;
      configuration.plugins.push_back(plugin.info);
    } else if (core.info != nullptr) {
      further.push_back(core.info);
      const std::string plugin_table = section.name + "." + core.plugin;
      if (const Given& given = tables[plugin_table]; !given.empty()) {
        const Table& plugin = table(plugin_table, given);
        json = in_braces_with(json, core.plugin, plugin.json);
        identity += plugin.json;
      }
    }
    configuration.json +=
        fmt::format("{}\"{}\":{}", configuration.json.empty() ? "{" : ",", section.name, json);
    configuration.identity += fmt::format("{}={}\n", section.name, identity);
  }
  for (const PluginInfo* info : further)  // the rule of a training may be that of the fit
    if (std::find(configuration.plugins.begin(), configuration.plugins.end(), info) ==
        configuration.plugins.end())
      configuration.plugins.push_back(info);
  configuration.json += ",\"loss\":{" + losses + "}}";
  configuration.identity += loss_identities;
  configuration.uses_seed =
      uses_seed(table("dataset", tables["dataset"]), table("method", tables["method"]));
  return configuration;
}

}  // namespace monodr
