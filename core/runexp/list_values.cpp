// SPDX-License-Identifier: Apache-2.0
#include "runexp/list_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>
#include <set>

#include "launch/launcher.h"
#include "results/stored_cells.h"
#include "results/stored_curves.h"
#include "results/stored_facts.h"

namespace monodr {
namespace {

using Words = std::vector<std::string>;

struct Value {
  std::string word, meaning;
};
using Values = std::vector<Value>;

// What commands take where no option stands before it.
const std::set<std::string> of_experiments = {
    "status", "watch", "table", "report", "figure", "export"};
const std::set<std::string> of_cells = {"diff", "logs", "note", "rerun", "show", "tag"};

bool contains(const Words& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

std::optional<Database> database_of(const Words& words) {
  std::string file = "results/results.sqlite";
  const auto option = std::ranges::find(words, "--results");
  if (option != words.end() && option + 1 != words.end()) file = option[1];
  if (!std::filesystem::exists(file)) return std::nullopt;
  return Database(file, Database::Access::read_only);
}

Values experiments(const Database& database) {
  Values values;
  for (const std::string& name : database.experiments())
    values.push_back({name, question_of(database, name)});
  return values;
}

/// The experiments that the words name; all where they name none.
Words meant_experiments(const Database& database, const Words& words) {
  Words meant;
  for (const std::string& name : database.experiments())
    if (contains(words, name)) meant.push_back(name);
  return meant.empty() ? database.experiments() : meant;
}

Values cells(const Database& database, const Words& words) {
  Values values;
  for (const std::string& name : meant_experiments(database, words))
    for (const StoredCell& cell : listed_cells(database, name))
      values.push_back(
          {cell.short_hash(),
           fmt::format("{}: {}, seed {}, {}", name, cell.row_label(), cell.seed, cell.state)});
  return values;
}

Values arms(const Database& database, const Words& words) {
  Values values;
  std::set<std::string> seen;
  for (const std::string& name : meant_experiments(database, words))
    for (const StoredCell& cell : listed_cells(database, name))
      if (seen.insert(cell.arm).second) values.push_back({cell.arm, "arm of " + name});
  return values;
}

Values tags(const Database& database) {
  Values values;
  for (const TagCount& tag : tag_counts(database))
    if (values.empty() || values.back().word != tag.name) values.push_back({tag.name, "tag"});
  return values;
}

Values curves(const Database& database, const Words& words) {
  Values values;
  for (const std::string& name : meant_experiments(database, words))
    for (const std::string& series : series_names(database, name))
      values.push_back({series, "curve of " + name});
  return values;
}

/// Values that no database has to be asked for.
Values fixed_values(const std::string& command, const std::string& option) {
  Values values;
  if (option == "--launcher")
    for (const LauncherEntry& entry : launchers()) values.push_back({entry.name, entry.meaning});
  if (option == "--format" && command == "table")
    for (const char* format : {"text", "markdown", "latex", "csv", "json"})
      values.push_back({format, ""});
  if (option == "--format" && command == "export")
    for (const char* format : {"kitti", "csv", "json", "tensorboard", "glb", "obj", "ply"})
      values.push_back({format, ""});
  if (option == "--format" && (command == "status" || command == "diff"))
    for (const char* format : {"text", "json"}) values.push_back({format, ""});
  if (option == "completion")
    for (const char* shell : {"bash", "zsh", "fish"}) values.push_back({shell, ""});
  return values;
}

Values stored_values(const Words& words) {
  const std::string& command = words.front();
  const std::string& before = words.back();
  const bool knows_experiments = of_experiments.count(command) > 0;
  if (!knows_experiments && of_cells.count(command) == 0) return {};
  const auto database = database_of(words);
  if (!database) return {};
  if (before == "--tag" || before == "tag") return tags(*database);
  if (before == "--cell") return cells(*database, words);
  if (before == "--baseline" || before == "--arm") return arms(*database, words);
  if (before == "--series") return curves(*database, words);
  if (before == "--experiment" && (knows_experiments || command == "tag"))
    return experiments(*database);
  if (before[0] == '-') return {};
  return knows_experiments ? experiments(*database) : cells(*database, words);
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  return text;
}

}  // namespace

void list_values(const Words& words) {
  if (words.empty()) return;
  Values values = fixed_values(words.front(), words.back());
  if (values.empty()) values = stored_values(words);
  for (const Value& value : values)
    std::cout << one_line(value.word) << '\t' << one_line(value.meaning) << '\n';
}

}  // namespace monodr
