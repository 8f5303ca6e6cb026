// SPDX-License-Identifier: Apache-2.0
// A kind of plugin is one line of base/plugin_kinds.def: what must follow from it is there for each.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "plugin/contract.h"
#include "plugin/descriptor.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

TEST(PluginKinds, EachHasItsFolderTemplateAndHeader) {
  const fs::path root = std::getenv("MONODR_SOURCE_DIR");
  for (const PluginKind kind : plugin_kinds()) {
    const PluginKindDefinition& definition = definition_of(kind);
    EXPECT_EQ(plugin_kind_named(definition.name), kind);
    EXPECT_TRUE(fs::is_directory(root / "plugins" / definition.folder)) << definition.name;
    EXPECT_TRUE(fs::is_directory(root / "tests" / definition.tests_folder)) << definition.name;
    EXPECT_TRUE(fs::exists(root / "core/plugin" / (std::string(definition.name) + ".h")));
    const std::string text = read_file(
        (root / "plugins/templates" / (std::string(definition.name) + ".cpp.in")).string());
    EXPECT_THAT(text, testing::HasSubstr(fmt::format("PluginKind::{}", definition.name)));
  }
  EXPECT_FALSE(plugin_kind_named("detector!"));
}

TEST(PluginKinds, NoOtherPlaceListsThem) {
  const fs::path root = std::getenv("MONODR_SOURCE_DIR");
  for (const char* folder : {"core", "cmake", "plugins/CMakeLists.txt", "tests/package"})
    for (const fs::path& path : [&] {
           std::vector<fs::path> files;
           if (fs::is_regular_file(root / folder)) return std::vector<fs::path>{root / folder};
           for (const auto& entry : fs::recursive_directory_iterator(root / folder))
             if (entry.is_regular_file()) files.push_back(entry.path());
           return files;
         }()) {
      if (path.filename() == "plugin_kinds.def") continue;
      const std::string text = read_file(path.string());
      EXPECT_EQ(text.find("renderer, loss, rule"), std::string::npos) << path;
      EXPECT_EQ(text.find("renderer loss rule"), std::string::npos) << path;
    }
}

TEST(Differentiability, ReadsAsItIsMeant) {
  Differentiability d{{"vertices", "colours"}, {{"silhouette", "vertices"}}};
  EXPECT_EQ(d.text(), "vertices, colours; approximate: silhouette/vertices");
  EXPECT_TRUE(d.in("colours"));
  EXPECT_TRUE(d.is_approximate("silhouette", "vertices"));
  EXPECT_FALSE(d.is_approximate("colour", "vertices"));
  EXPECT_EQ(Differentiability{}.text(), "");
}

}  // namespace
}  // namespace monodr
