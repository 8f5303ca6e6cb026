// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/error.h"
#include "base/options.h"
#include "base/text.h"
#include "runexp/commands.h"
#include "runexp/common_options.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

const CommandUsage usage = {
    "runexp cache",
    "list|clear [KIND...] [options]",
    R"(What is kept because making it took long, and how much room it takes. All of it is made again where it
is missing; nothing of it is a result.

  meshes   repaired meshes of a corpus        masks    masks cut from boxes
  priors   trained shape priors               scenes   made-up data sets
  networks what networks said of pictures     predictors  trained predictors, by which fits start

Files that runexp has not made are neither counted nor removed. Stop runs before you clear what they use.

Examples:
  runexp cache list
  runexp cache clear meshes masks
  runexp cache clear --cache /scratch/cache
)"};

struct Kind {
  const char* name;
  const char* folder;  ///< below the cache; "" = the cache itself
  std::vector<std::string> beginnings, endings;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> list = {
      {"meshes", "meshes", {""}, {".obj", ".json", ".part"}},
      {"masks", "masks", {""}, {".rle", ".part"}},
      {"networks", "networks", {""}, {".objects", ".depth", ".part"}},
      {"priors", "priors", {""}, {".prior", ".checkpoint", ".part"}},
      {"predictors", "", {"predictor-"}, {".predictor", ".checkpoint", ".part"}},
      {"scenes", "", {"synthetic-"}, {""}},
  };
  return list;
}

std::vector<fs::path> entries_of(const Kind& kind, const fs::path& cache) {
  const auto any = [](const std::vector<std::string>& words, auto test) {
    return std::any_of(words.begin(), words.end(), test);
  };
  std::vector<fs::path> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(cache / kind.folder, none)) {
    const std::string name = entry.path().filename().string();
    if (any(kind.beginnings, [&](const auto& word) { return name.starts_with(word); }) &&
        any(kind.endings, [&](const auto& word) { return name.ends_with(word); }))
      found.push_back(entry.path());
  }
  return found;
}

std::uintmax_t size_of(const fs::path& path) {
  std::error_code none;
  if (!fs::is_directory(path, none)) {
    const std::uintmax_t size = fs::file_size(path, none);
    return none ? 0 : size;
  }
  std::uintmax_t sum = 0;
  for (const auto& entry : fs::recursive_directory_iterator(path, none))
    if (entry.is_regular_file(none)) sum += entry.file_size();
  return sum;
}

std::vector<Kind> chosen(const std::vector<std::string>& names) {
  std::vector<std::string> known;
  std::vector<Kind> found;
  for (const Kind& kind : kinds()) {
    known.emplace_back(kind.name);
    if (names.empty() || std::find(names.begin(), names.end(), kind.name) != names.end())
      found.push_back(kind);
  }
  for (const std::string& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UserError(fmt::format("the cache has no '{}'; there are: {}{}",
                                  name,
                                  join(known, ", "),
                                  did_you_mean(name, known)));
  return found;
}

}  // namespace

int run_cache(const std::vector<std::string>& arguments) {
  po::options_description options("options"), hidden, all;
  add_results_option(options);
  options.add_options()("cache",
                        po::value<std::string>()->value_name("DIR"),
                        "the folder (default: cache/ beside the database)");
  hidden.add_options()("word", po::value<std::vector<std::string>>());
  all.add(options).add(hidden);
  po::positional_options_description positional;
  positional.add("word", -1);
  po::variables_map values;
  if (!parse_options(usage, arguments, all, positional, values)) return 0;
  auto words = values.count("word") > 0 ? values["word"].as<std::vector<std::string>>()
                                        : std::vector<std::string>();
  if (words.empty() || (words[0] != "list" && words[0] != "clear"))
    throw UserError("say what to do with the cache: 'runexp cache list' or 'runexp cache clear'");
  const bool clear = words[0] == "clear";
  words.erase(words.begin());
  const fs::path cache = cache_folder(values);
  for (const Kind& kind : chosen(words)) {
    const std::vector<fs::path> entries = entries_of(kind, cache);
    std::uintmax_t bytes = 0;
    for (const fs::path& entry : entries) bytes += size_of(entry);
    if (clear)
      for (const fs::path& entry : entries) fs::remove_all(entry);
    std::cout << fmt::format("{:<8}{:>7} entries{:>11.1f} MB{}\n",
                             kind.name,
                             entries.size(),
                             static_cast<double>(bytes) / 1e6,
                             clear ? "  removed" : "");
  }
  return 0;
}

}  // namespace monodr
