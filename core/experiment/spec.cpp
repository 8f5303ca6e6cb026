// SPDX-License-Identifier: Apache-2.0
#include "experiment/spec.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "base/toml_access.h"
#include "experiment/sweep_table.h"
#include "results/metric_column.h"
#include "settings/sections.h"

namespace monodr {
namespace {

/// What is not a setting.
const std::vector<std::string> kOfExperiments{
    "experiment", "report", "plugins", "launcher", "sweep", "arm", "extends"};

Arm read_arm(const TomlNode& node,
             size_t number,
             const std::vector<std::string>& known,
             std::vector<std::string>& files) {
  const auto& table = as_table(node, "arm");
  refuse_unknown_keys(table, "[[arm]]", {"name", "extends", "set"});
  const TomlEntry* name = find_entry(table, "name");
  if (name == nullptr)
    throw UserError(node.where, fmt::format("arm {} has no name: name = \"...\"", number));
  Arm arm{as_text(name->node, "arm.name"), name->node.where, {}};
  if (arm.name.empty()) throw UserError(name->node.where, "the name of an arm is empty");
  if (const TomlEntry* extends = find_entry(table, "extends")) {
    TomlNode::Table sections;
    for (TomlEntry& entry : read_extended(extends->node, known, files))
      if (std::count(kOfExperiments.begin(), kOfExperiments.end(), entry.key) == 0)
        sections.push_back(std::move(entry));
    add_settings(sections, "", arm.settings);
  }
  if (const TomlEntry* set = find_entry(table, "set")) {
    Settings own;
    add_settings(as_table(set->node, "arm.set"), "", own);
    for (auto& [key, value] : own) arm.settings.insert_or_assign(key, std::move(value));
  }
  return arm;
}

std::vector<Arm> read_arms(const TomlEntry* entry,
                           const SourceLocation& root,
                           std::vector<std::string>& files) {
  std::vector<Arm> arms;
  std::set<std::string> names;
  const std::vector<std::string> known = files;
  if (entry != nullptr) {
    for (const TomlNode& node : as_list(entry->node, "arm", "[[arm]] tables")) {
      arms.push_back(read_arm(node, arms.size() + 1, known, files));
      if (!names.insert(arms.back().name).second)
        throw UserError(arms.back().where,
                        fmt::format("there are two arms named '{}'", arms.back().name));
    }
  }
  if (arms.empty()) arms.push_back({"all", root, {}});
  std::rotate(
      files.begin(), files.begin() + static_cast<std::ptrdiff_t>(known.size()), files.end());
  return arms;
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

std::vector<std::string> read_report_metrics(const TomlNode& node) {
  const auto& table = as_table(node, "report");
  refuse_unknown_keys(table, "[report]", {"metrics"});
  std::vector<std::string> paths;
  if (const TomlEntry* metrics = find_entry(table, "metrics"))
    for (const TomlNode& item :
         as_list(metrics->node, "report.metrics", "[\"heading_error_median\"]")) {
      paths.push_back(as_text(item, "report.metrics"));
      if (const std::string wrong = wrong_metric_path(paths.back()); !wrong.empty())
        throw UserError(item.where, "'report.metrics': " + wrong);
    }
  return paths;
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

SlurmSettings read_launcher_table(const TomlNode& node) {
  const auto& table = as_table(node, "launcher");
  refuse_unknown_keys(table, "[launcher]", {"slurm"});
  const TomlEntry* slurm = find_entry(table, "slurm");
  if (slurm == nullptr) return {};
  std::map<std::string, GivenValue> given;
  for (const TomlEntry& entry : as_table(slurm->node, slurm_binding().name()))
    given[entry.key] = to_given_value(entry);
  const Parameters parameters(slurm_binding().schema(), given, slurm_binding().name());
  try {
    return slurm_binding().read(parameters);
  } catch (const UserError& error) {
    throw UserError(slurm->key_where, error.what());
  }
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
    if (std::ranges::count(kOfExperiments, first) > 0) continue;
    Settings settings;
    add_settings(override_table, "", settings);
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

Typed typed_for(const Parameter& parameter, bool is_axis) {
  if (parameter.type() == ParameterType::text_list) return Typed::as_list_of_texts;
  if (parameter.type() != ParameterType::text) return Typed::as_toml;
  return is_axis ? Typed::as_list_of_texts : Typed::as_text;
}

/// What is typed behind a key that asks for a text is one, and behind its axis some.
Typed typed_at(const std::string& key) {
  constexpr std::string_view kSweep = "sweep.";
  const bool is_axis = key.starts_with(kSweep);
  const std::string plain = is_axis ? key.substr(kSweep.size()) : key;
  if (plain == "experiment.name" || plain == "experiment.question") return Typed::as_text;
  if (plain == "report.metrics") return Typed::as_list_of_texts;
  for (const Parameter& parameter : slurm_binding().schema())
    if (key == slurm_binding().name() + "." + parameter.name) return typed_for(parameter, false);
  const size_t dot = plain.find('.');
  if (dot == std::string::npos) return Typed::as_toml;
  for (const Section& section : core_sections())
    for (const Parameter& parameter : section.parameters) {
      if (section.name != plain.substr(0, dot) || parameter.name != plain.substr(dot + 1)) continue;
      return typed_for(parameter, is_axis);
    }
  return Typed::as_toml;
}

}  // namespace

Experiment load_experiment(const std::string& file, const std::vector<std::string>& overrides) {
  Experiment experiment;
  TomlNode root = read_toml(file, &experiment.files);
  auto& tree = std::get<TomlNode::Table>(root.value);
  std::vector<TomlNode::Table> changes;
  for (const std::string& text : overrides) {
    changes.push_back(parse_override(text, typed_at));
    if (changes.back().front().key == "arm")
      throw UserError(changes.back().front().key_where,
                      "arms are changed in the file, not on the command line");
  }

  experiment.file = file;
  experiment.name = std::filesystem::path(file).stem().string();
  experiment.seeds = {0};
  const SourceLocation top{file, 1, 1};
  TomlNode::Table sections;
  for (const TomlNode::Table& change : changes) merge_tables(tree, change);
  for (const TomlEntry& entry : tree) {
    if (entry.key == "experiment")
      read_experiment_table(entry.node, experiment);
    else if (entry.key == "report")
      experiment.report_metrics = read_report_metrics(entry.node);
    else if (entry.key == "plugins")
      experiment.plugin_folders = read_plugin_folders(entry.node);
    else if (entry.key == "launcher")
      experiment.slurm = read_launcher_table(entry.node);
    else if (entry.key == "sweep")
      read_sweep_table(entry.node, experiment);
    else if (entry.key != "arm")
      sections.push_back(entry);
  }
  std::vector<std::string> known = section_names();
  known.insert(known.end(), kOfExperiments.begin(), kOfExperiments.end());
  refuse_unknown_keys(sections, "the experiment file", known);
  add_settings(sections, "", experiment.settings);
  experiment.arms = read_arms(find_entry(tree, "arm"), top, experiment.files);
  refuse_conflicts(experiment);
  refuse_idle_overrides(experiment, changes);
  return experiment;
}

}  // namespace monodr
