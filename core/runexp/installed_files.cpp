// SPDX-License-Identifier: Apache-2.0
#include "runexp/installed_files.h"

#include <filesystem>

#include "base/error.h"
#include "base/shipped_files.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> experiments_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().filename());
  return names;
}

}  // namespace

std::string find_experiment(const std::string& word) {
  if (fs::is_regular_file(word)) return word;
  const std::vector<std::string> shipped = shipped_experiments();
  std::vector<std::string> names;
  for (const fs::path folder : shipped) {
    if (!fs::path(word).is_relative()) break;
    for (const fs::path& candidate : {folder.parent_path() / word, folder / word})
      if (fs::is_regular_file(candidate)) return candidate;
    for (const std::string& name : experiments_in(folder)) names.push_back(name);
  }
  const fs::path beside = fs::path(word).parent_path();
  for (const std::string& name : experiments_in(beside.empty() ? "." : beside))
    names.push_back(name);
  throw UserError(fmt::format("there is no file '{}'{}{}",
                              word,
                              shipped.empty() ? "" : ", nor in " + join(shipped, ", "),
                              did_you_mean(fs::path(word).filename().string(), names)));
}

}  // namespace monodr
