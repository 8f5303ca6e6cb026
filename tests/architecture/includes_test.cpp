// SPDX-License-Identifier: Apache-2.0
// Holds every #include of core/ and plugins/ against the table of docs/architecture.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/text.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

struct Module {
  int layer = 0;
  bool may_use_torch = false, may_use_opencv = false, may_use_sql = false;
};

fs::path source_folder() {
  return std::getenv("MONODR_SOURCE_DIR");
}

/// "| 3 | `core/report/` | what | library | - | - | - |"; the row of plugins has no layer.
std::map<std::string, Module> modules_of(const std::string& page) {
  const std::regex row(
      R"(\| ([0-9]+) \| `core/([a-z_]+)/` \|[^|]*\|[^|]*\| (-|yes) \| (-|yes) \| (-|yes) \|)");
  std::map<std::string, Module> modules;
  std::istringstream lines(page);
  std::smatch found;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_match(line, found, row))
      modules[found[2]] = {
          std::stoi(found[1]), found[3] == "yes", found[4] == "yes", found[5] == "yes"};
  return modules;
}

/// What is wrong with the includes of one file of `module`; nothing if all is well.
std::vector<std::string> faults_of(const std::string& text,
                                   const std::string& module,
                                   const std::map<std::string, Module>& modules) {
  static const std::regex include(R"(#include (["<])([^">]+)[">])");
  // Of plugin those that say nothing of tensors.
  static const std::set<std::string> light_interfaces = {
      "plugin/observation.h", "plugin/detector.h", "plugin/depth_estimator.h"};
  const Module& own = modules.at(module);
  std::vector<std::string> faults;
  std::istringstream lines(text);
  std::smatch found;
  for (std::string line; std::getline(lines, line);) {
    if (!std::regex_search(line, found, include)) continue;
    const std::string path = found[2], head = path.substr(0, path.find('/'));
    const auto other = modules.find(head);
    const bool is_ours = found[1] == "\"" && other != modules.end() && head != module;
    if (is_ours && other->second.layer >= own.layer)
      faults.push_back(fmt::format("{} is of layer {}", path, other->second.layer));
    if (is_ours && other->second.may_use_torch && !own.may_use_torch &&
        light_interfaces.count(path) == 0)
      faults.push_back(path + " brings LibTorch");
    if ((head == "ATen" || head == "torch" || head == "c10") && !own.may_use_torch)
      faults.push_back(path + " is LibTorch");
    if (head.rfind("opencv", 0) == 0 && !own.may_use_opencv) faults.push_back(path + " is OpenCV");
    if ((head == "SQLiteCpp" || head == "sqlite3.h") && !own.may_use_sql)
      faults.push_back(path + " is SQL");
  }
  return faults;
}

bool is_source(const fs::path& path) {
  return path.extension() == ".h" || path.extension() == ".cpp";
}

TEST(Architecture, EveryIncludeIsAllowedByTheTable) {
  const auto modules = modules_of(read_file((source_folder() / "docs/architecture.md").string()));
  ASSERT_GT(modules.size(), 15u) << "the table of docs/architecture.md could not be read";
  int files = 0;
  for (const auto& folder : fs::directory_iterator(source_folder() / "core")) {
    if (!folder.is_directory()) continue;
    const std::string module = folder.path().filename();
    ASSERT_TRUE(modules.count(module)) << "core/" << module << " is not in the table";
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!is_source(entry.path())) continue;
      ++files;
      EXPECT_THAT(faults_of(read_file(entry.path().string()), module, modules), testing::IsEmpty())
          << entry.path();
    }
  }
  EXPECT_GT(files, 200);
}

TEST(Architecture, PluginsIncludeOnlyWhatTheirAuthorsGet) {
  const auto modules = modules_of(read_file((source_folder() / "docs/architecture.md").string()));
  for (const auto& entry : fs::recursive_directory_iterator(source_folder() / "plugins")) {
    if (!is_source(entry.path())) continue;
    const std::string text = read_file(entry.path().string());
    for (const auto& [module, layer] : modules)
      if (module != "base" && module != "kernels" && module != "geometry" && module != "plugin") {
        EXPECT_EQ(text.find(fmt::format("#include \"{}/", module)), std::string::npos)
            << entry.path() << " includes " << module;
      }
  }
}

// The engines of <random> are the standard's, its distributions and shuffles each library's own.
TEST(Architecture, RandomNumbersAreDrawnFromRandomAlone) {
  const char* const elsewhere[] = {"#include <random>",
                                   "std::mt19937",
                                   "std::random_device",
                                   "std::shuffle",
                                   "std::uniform_",
                                   "std::normal_distribution",
                                   "std::rand(",
                                   "std::srand("};
  int files = 0;
  for (const char* folder : {"core", "plugins", "tests", "bench"})
    for (const auto& entry : fs::recursive_directory_iterator(source_folder() / folder)) {
      const std::string path = fs::relative(entry.path(), source_folder()).string();
      if (!is_source(entry.path()) || path.starts_with("core/base/random.") ||
          path == "tests/architecture/includes_test.cpp" || path == "tests/base/random_test.cpp")
        continue;
      ++files;
      const std::string text = read_file(entry.path().string());
      for (const char* word : elsewhere) {
        EXPECT_EQ(text.find(word), std::string::npos)
            << path << " has " << word << ": draw from base/random.h";
      }
    }
  EXPECT_GT(files, 400);
}

TEST(Architecture, AForbiddenIncludeIsFound) {
  const std::map<std::string, Module> modules{{"low", {0}}, {"high", {3}}, {"heavy", {0, true}}};
  EXPECT_TRUE(faults_of("#include \"low/a.h\"\n#include \"high/b.h\"", "high", modules).empty());
  EXPECT_EQ(faults_of("#include \"high/a.h\"", "low", modules).size(), 1u);
  EXPECT_EQ(faults_of("#include \"heavy/a.h\"", "high", modules).size(), 1u);
  EXPECT_EQ(faults_of("#include <ATen/Functions.h>", "low", modules).size(), 1u);
  EXPECT_EQ(faults_of("#include <opencv2/core.hpp>", "heavy", modules).size(), 1u);
  EXPECT_EQ(faults_of("#include <SQLiteCpp/SQLiteCpp.h>", "high", modules).size(), 1u);
}

}  // namespace
}  // namespace monodr
