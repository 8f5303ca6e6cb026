// SPDX-License-Identifier: Apache-2.0
#include "experiment/spec.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "experiment/sections.h"
#include "experiment/toml_tree.h"

namespace monodr {
namespace {

const TomlNode::Table& as_table(const TomlNode& node, const std::string& name) {
  if (!node.is_table())
    throw UserError(node.where,
                    fmt::format("'{}' is {}, but must be a table", name, describe_kind(node)));
  return std::get<TomlNode::Table>(node.value);
}

const TomlNode::List& as_list(const TomlNode& node,
                              const std::string& name,
                              const std::string& example) {
  if (!node.is_list())
    throw UserError(
        node.where,
        fmt::format(
            "'{}' is {}, but must be a list, for example {}", name, describe_kind(node), example));
  return std::get<TomlNode::List>(node.value);
}

std::string as_text(const TomlNode& node, const std::string& name) {
  const auto* text = std::get_if<std::string>(&node.value);
  if (text == nullptr)
    throw UserError(
        node.where,
        fmt::format("'{}' is {}, but must be a text in quotes", name, describe_kind(node)));
  return *text;
}

std::int64_t as_seed(const TomlNode& node) {
  const auto* seed = std::get_if<std::int64_t>(&node.value);
  if (seed == nullptr || *seed < 0)
    throw UserError(node.where,
                    fmt::format("a seed must be an integer of at least 0, not {}",
                                seed == nullptr ? describe_kind(node) : std::to_string(*seed)));
  return *seed;
}

void refuse_unknown_keys(const TomlNode::Table& table,
                         const std::string& name,
                         const std::vector<std::string>& known) {
  for (const TomlEntry& entry : table)
    if (std::find(known.begin(), known.end(), entry.key) == known.end())
      throw UserError(entry.key_where,
                      fmt::format("unknown key '{}' in {}{}; it may hold: {}",
                                  entry.key,
                                  name,
                                  did_you_mean(entry.key, known),
                                  join(known, ", ")));
}

std::vector<std::string> section_names() {
  std::vector<std::string> names;
  for (const Section& section : core_sections()) names.push_back(section.name);
  names.push_back("loss");
  return names;
}

// Only the table's name is checked here; its keys wait for the plugins' schemas.
void check_section(const std::string& key, const SourceLocation& where) {
  const std::vector<std::string> names = section_names();
  const std::string section = key.substr(0, key.find('.'));
  if (std::find(names.begin(), names.end(), section) == names.end())
    throw UserError(where,
                    fmt::format("'{}' is not a setting: there is no table [{}]{}",
                                key,
                                section,
                                did_you_mean(section, names)));
  if (section == key) throw UserError(where, fmt::format("'{}' must be a table: [{}]", key, key));
}

void flatten(const TomlNode::Table& table, const std::string& prefix, Settings& settings) {
  for (const TomlEntry& entry : table) {
    const std::string key = prefix + entry.key;
    if (entry.node.is_table()) {
      const auto& inner = std::get<TomlNode::Table>(entry.node.value);
      // [loss.mask] without any key still asks for the loss.
      if (prefix == "loss." && find_entry(inner, "plugin") == nullptr)
        settings[key + ".plugin"] = {entry.key, entry.key_where, entry.key_where};
      flatten(inner, key + ".", settings);
    } else {
      check_section(key, entry.key_where);
      settings[key] = to_given_value(entry);
    }
  }
}

Arm read_arm(const TomlNode& node, size_t number) {
  const auto& table = as_table(node, "arm");
  refuse_unknown_keys(table, "[[arm]]", {"name", "set"});
  const TomlEntry* name = find_entry(table, "name");
  if (name == nullptr)
    throw UserError(node.where, fmt::format("arm {} has no name: name = \"...\"", number));
  Arm arm{as_text(name->node, "arm.name"), name->node.where, {}};
  if (arm.name.empty()) throw UserError(name->node.where, "the name of an arm is empty");
  if (const TomlEntry* set = find_entry(table, "set"))
    flatten(as_table(set->node, "arm.set"), "", arm.settings);
  return arm;
}

std::vector<Arm> read_arms(const TomlEntry* entry, const SourceLocation& root) {
  std::vector<Arm> arms;
  std::set<std::string> names;
  if (entry != nullptr) {
    for (const TomlNode& node : as_list(entry->node, "arm", "[[arm]] tables")) {
      arms.push_back(read_arm(node, arms.size() + 1));
      if (!names.insert(arms.back().name).second)
        throw UserError(arms.back().where,
                        fmt::format("there are two arms named '{}'", arms.back().name));
    }
  }
  if (arms.empty()) arms.push_back({"all", root, {}});
  return arms;
}

std::vector<GivenValue> read_axis_values(const std::string& key, const TomlEntry& entry) {
  check_section(key, entry.key_where);
  const TomlNode::List single{entry.node};
  const TomlNode::List& values =
      entry.node.is_list() ? std::get<TomlNode::List>(entry.node.value) : single;
  if (values.empty())
    throw UserError(entry.node.where,
                    fmt::format("the axis '{}' has no values; remove it or name some", key));
  std::vector<GivenValue> points;
  for (const TomlNode& value : values) points.push_back(to_given_value(value, entry.key_where));
  return points;
}

// [sweep] fit.hypotheses = [1, 2] and "fit.hypotheses" = [1, 2] are the same axis.
void read_axes(const TomlNode::Table& table, const std::string& prefix, std::vector<Axis>& axes) {
  for (const TomlEntry& entry : table) {
    const std::string key = prefix + entry.key;
    if (entry.node.is_table()) {
      read_axes(std::get<TomlNode::Table>(entry.node.value), key + ".", axes);
      continue;
    }
    Axis axis{{key}, {}};
    for (GivenValue& value : read_axis_values(key, entry))
      axis.points.push_back({std::move(value)});
    // A later mention (the command line) replaces an earlier one.
    const auto same = std::find_if(
        axes.begin(), axes.end(), [&](const Axis& other) { return other.keys == axis.keys; });
    if (same == axes.end())
      axes.push_back(std::move(axis));
    else
      *same = std::move(axis);
  }
}

Axis read_zip(const TomlNode& node) {
  std::vector<Axis> singles;
  read_axes(as_table(node, "sweep.zip"), "", singles);
  if (singles.empty()) throw UserError(node.where, "[[sweep.zip]] holds no axes");
  Axis zip;
  zip.points.resize(singles.front().points.size());
  for (const Axis& single : singles) {
    if (single.points.size() != zip.points.size())
      throw UserError(single.points.front().front().key_where,
                      fmt::format("axes in step must be equally long: '{}' has {} values, '{}' {}",
                                  single.keys.front(),
                                  single.points.size(),
                                  singles.front().keys.front(),
                                  zip.points.size()));
    zip.keys.push_back(single.keys.front());
    for (size_t i = 0; i < zip.points.size(); ++i)
      zip.points[i].push_back(single.points[i].front());
  }
  return zip;
}

CellPattern read_pattern(const TomlNode& node, const std::string& name) {
  CellPattern pattern;
  pattern.where = node.where;
  TomlNode::Table rest;
  for (const TomlEntry& entry : as_table(node, name)) {
    if (entry.key == "arm")
      pattern.arm = as_text(entry.node, name + ".arm");
    else if (entry.key == "seed")
      pattern.seed = as_seed(entry.node);
    else
      rest.push_back(entry);
  }
  flatten(rest, "", pattern.settings);
  return pattern;
}

std::vector<std::int64_t> read_seeds(const TomlEntry& entry) {
  std::vector<std::int64_t> seeds;
  if (!entry.node.is_list()) return {as_seed(entry.node)};
  for (const TomlNode& node : std::get<TomlNode::List>(entry.node.value)) {
    seeds.push_back(as_seed(node));
    if (std::count(seeds.begin(), seeds.end(), seeds.back()) > 1)
      throw UserError(node.where, fmt::format("seed {} is named twice", seeds.back()));
  }
  if (seeds.empty()) throw UserError(entry.node.where, "'sweep.seed' names no seed: [0, 1, 2]");
  return seeds;
}

void read_sweep(const TomlNode& node, Experiment& experiment) {
  TomlNode::Table axes;
  for (const TomlEntry& entry : as_table(node, "sweep")) {
    if (entry.key == "seed") {
      experiment.seeds = read_seeds(entry);
    } else if (entry.key == "zip") {
      for (const TomlNode& zip : as_list(entry.node, "sweep.zip", "[[sweep.zip]] tables"))
        experiment.axes.push_back(read_zip(zip));
    } else if (entry.key == "include" || entry.key == "exclude") {
      auto& patterns = entry.key == "include" ? experiment.include : experiment.exclude;
      const std::string name = "sweep." + entry.key;
      for (const TomlNode& item : as_list(entry.node, name, "[[" + name + "]] tables"))
        patterns.push_back(read_pattern(item, name));
    } else {
      axes.push_back(entry);
    }
  }
  std::vector<Axis> products;
  read_axes(axes, "", products);
  experiment.axes.insert(experiment.axes.end(), products.begin(), products.end());
}

void read_experiment_table(const TomlNode& node, Experiment& experiment) {
  const auto& table = as_table(node, "experiment");
  refuse_unknown_keys(table, "[experiment]", {"name", "question"});
  if (const TomlEntry* name = find_entry(table, "name")) {
    experiment.name = as_text(name->node, "experiment.name");
    // It becomes a part of file names.
    const bool is_word = std::all_of(experiment.name.begin(), experiment.name.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
    });
    if (experiment.name.empty() || !is_word)
      throw UserError(name->node.where,
                      fmt::format("'experiment.name' is \"{}\", but must be a word of letters, "
                                  "digits, '_', '-' and '.'",
                                  experiment.name));
  }
  if (const TomlEntry* question = find_entry(table, "question"))
    experiment.question = as_text(question->node, "experiment.question");
}

std::vector<std::string> read_plugin_folders(const TomlNode& node) {
  const auto& table = as_table(node, "plugins");
  refuse_unknown_keys(table, "[plugins]", {"path"});
  std::vector<std::string> folders;
  if (const TomlEntry* path = find_entry(table, "path")) {
    for (const TomlNode& item : as_list(path->node, "plugins.path", "[\"my_plugins\"]")) {
      std::filesystem::path folder = as_text(item, "plugins.path");
      const auto base = std::filesystem::path(item.where.file).parent_path();
      if (item.where.line > 0 && folder.is_relative()) folder = base / folder;
      if (!std::filesystem::is_directory(folder))
        throw UserError(item.where, fmt::format("there is no folder '{}'", folder.string()));
      folders.push_back(folder.string());
    }
  }
  return folders;
}

const CellPattern& checked_arm(const CellPattern& pattern, const std::vector<Arm>& arms) {
  std::vector<std::string> names;
  for (const Arm& arm : arms) names.push_back(arm.name);
  if (pattern.arm && std::find(names.begin(), names.end(), *pattern.arm) == names.end())
    throw UserError(
        pattern.where,
        fmt::format("there is no arm '{}'{}", *pattern.arm, did_you_mean(*pattern.arm, names)));
  return pattern;
}

// One key, one owner: what an arm and an axis both set has no clear value.
void refuse_conflicts(const Experiment& experiment) {
  std::set<std::string> swept;
  for (const Axis& axis : experiment.axes)
    for (size_t k = 0; k < axis.keys.size(); ++k)
      if (!swept.insert(axis.keys[k]).second)
        throw UserError(axis.points.front()[k].key_where,
                        fmt::format("two axes of [sweep] vary '{}'", axis.keys[k]));
  for (const Arm& arm : experiment.arms)
    for (const auto& [key, given] : arm.settings)
      if (swept.count(key) > 0)
        throw UserError(
            given.key_where,
            fmt::format(
                "arm '{}' sets '{}', which [sweep] varies; keep one of the two", arm.name, key));
  for (const CellPattern& pattern : experiment.include) checked_arm(pattern, experiment.arms);
  for (const CellPattern& pattern : experiment.exclude) checked_arm(pattern, experiment.arms);
}

void refuse_idle_overrides(const Experiment& experiment,
                           const std::vector<TomlNode::Table>& overrides) {
  for (const TomlNode::Table& override_table : overrides) {
    const std::string& first = override_table.front().key;
    if (first == "experiment" || first == "plugins" || first == "sweep" || first == "arm") continue;
    Settings settings;
    flatten(override_table, "", settings);
    for (const auto& [key, given] : settings) {
      for (const Axis& axis : experiment.axes)
        if (std::count(axis.keys.begin(), axis.keys.end(), key) > 0)
          throw UserError(given.where,
                          fmt::format("has no effect: '{}' is an axis of [sweep]; "
                                      "write sweep.{}=...",
                                      key,
                                      key));
      const auto sets_it = [&key = key](const Arm& arm) { return arm.settings.count(key) > 0; };
      if (std::all_of(experiment.arms.begin(), experiment.arms.end(), sets_it))
        throw UserError(given.where, fmt::format("has no effect: every arm sets '{}' itself", key));
    }
  }
}

}  // namespace

Experiment load_experiment(const std::string& file, const std::vector<std::string>& overrides) {
  TomlNode root = read_toml(file);
  auto& tree = std::get<TomlNode::Table>(root.value);
  std::vector<TomlNode::Table> changes;
  for (const std::string& text : overrides) {
    changes.push_back(parse_override(text));
    if (changes.back().front().key == "arm")
      throw UserError(changes.back().front().key_where,
                      "arms are changed in the file, not on the command line");
  }

  Experiment experiment;
  experiment.file = file;
  experiment.name = std::filesystem::path(file).stem().string();
  experiment.seeds = {0};
  const SourceLocation top{file, 1, 1};
  TomlNode::Table sections;
  for (const TomlNode::Table& change : changes) merge_tables(tree, change);
  for (const TomlEntry& entry : tree) {
    if (entry.key == "experiment")
      read_experiment_table(entry.node, experiment);
    else if (entry.key == "plugins")
      experiment.plugin_folders = read_plugin_folders(entry.node);
    else if (entry.key == "sweep")
      read_sweep(entry.node, experiment);
    else if (entry.key != "arm")
      sections.push_back(entry);
  }
  std::vector<std::string> known = section_names();
  known.insert(known.end(), {"experiment", "plugins", "sweep", "arm", "extends"});
  refuse_unknown_keys(sections, "the experiment file", known);
  flatten(sections, "", experiment.settings);
  experiment.arms = read_arms(find_entry(tree, "arm"), top);
  refuse_conflicts(experiment);
  refuse_idle_overrides(experiment, changes);
  return experiment;
}

}  // namespace monodr
