// SPDX-License-Identifier: Apache-2.0
#include "runexp/installed_files.h"

#include <filesystem>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

fs::path share_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "share" / "monodr";
}

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
  const fs::path installed = share_folder() / "experiments";
  std::vector<std::string> names;
  if (fs::path(word).is_relative()) {
    for (const fs::path& candidate : {share_folder() / word, installed / word})
      if (fs::is_regular_file(candidate)) return candidate;
    names = experiments_in(installed);
  }
  const fs::path beside = fs::path(word).parent_path();
  for (const std::string& name : experiments_in(beside.empty() ? "." : beside))
    names.push_back(name);
  throw UserError(fmt::format("there is no file '{}'{}{}",
                              word,
                              fs::is_directory(installed) ? ", nor in " + installed.string() : "",
                              did_you_mean(fs::path(word).filename().string(), names)));
}

}  // namespace monodr
