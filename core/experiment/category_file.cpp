// SPDX-License-Identifier: Apache-2.0
#include "experiment/category_file.h"

#include <algorithm>
#include <filesystem>

#include "base/folder_files.h"
#include "base/shipped_files.h"
#include "base/text.h"
#include "base/toml_tree.h"

namespace monodr {

namespace fs = std::filesystem;

std::string CategoryFiles::find(const std::string& category, const SourceLocation& where) const {
  const fs::path beside = fs::path(experiment_file_).parent_path();
  std::vector<fs::path> folders{beside / "categories"};
  for (const std::string& folder : shipped_experiments())
    folders.push_back(fs::path(folder) / "categories");
  std::vector<fs::path> candidates;
  if (fs::path(category).extension() == ".toml")
    candidates = {category, beside / category};
  else
    for (const fs::path& folder : folders) candidates.push_back(folder / (category + ".toml"));
  for (const fs::path& file : candidates)
    if (fs::is_regular_file(file)) return file.string();

  std::vector<std::string> names;
  std::error_code none;
  for (const fs::path& folder : folders)
    for (const auto& entry : fs::directory_iterator(folder, none))
      if (entry.path().extension() == ".toml" && !is_system_file(entry.path()))
        names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const std::string message = fmt::format(
      "{} is \"{}\", but there is no such category{}; there: {}; another one is a file "
      "like experiments/categories/car.toml, whose path may stand here",
      where.file.empty() ? "the category" : "'dataset.category'",
      category,
      did_you_mean(category, names),
      names.empty() ? "none" : join(names, ", "));
  if (where.file.empty()) throw UserError(message);  // asked for by a program or an option
  throw UserError(where, message);
}

const CategoryValues& CategoryFiles::of(const std::string& category, const SourceLocation& where) {
  const auto found = known_.find(category);
  if (found != known_.end()) return found->second;
  const std::string file = find(category, where);
  const TomlNode root = read_toml(file);
  CategoryValues values;
  for (const TomlEntry& entry : std::get<TomlNode::Table>(root.value))
    values[entry.key] = to_given_value(entry);
  for (const char* key : {"name", "size_mean", "size_deviation"})
    if (values.count(key) == 0)
      throw UserError(
          SourceLocation{file},
          fmt::format(
              "the category has no '{}'; experiments/categories/car.toml shows how it is said",
              key));
  return known_.emplace(category, std::move(values)).first->second;
}

CategoryModel load_category(const std::string& category) {
  CategoryFiles files("");
  const Parameters values(category_binding().schema(), files.of(category, {}), "category");
  return category_binding().read(values);
}

}  // namespace monodr
