// SPDX-License-Identifier: Apache-2.0
// One more kind of plugin: the line of tests/plugin/added_kind/base/plugin_kinds.def, an interface, a contract and a
// template. The sources of monodr that know kinds are built into this program as they stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/text.h"
#include "plugin/contract.h"
#include "plugin/contract_tools.h"
#include "plugin/test_kind.h"
#include "runexp/new_plugin.h"
#include "runexp/plugin_pages.h"
#include "runexp/plugin_templates.h"

namespace monodr {

ContractReport check_test_kind_contract(Registry& registry,
                                        const std::string& name,
                                        const GivenParameters& given) {
  const PluginInfo& info = registry.find(PluginKind::test_kind, name).info;
  ContractChecker checker(info);
  checker.check_schema(info);
  const auto made = registry.make<TestKind>(name, Parameters(info.parameters));
  checker.check("knows the answer", [&] {
    return made->answer() == 42 ? std::string() : fmt::format("it says {}", made->answer());
  });
  return checker.report();
}

/// In the program the templates are those of plugins/templates.
std::string plugin_template(const std::string& file) {
  const std::filesystem::path root = std::getenv("MONODR_SOURCE_DIR");
  const auto own = root / "tests/plugin/added_kind" / (file + ".in");
  return read_file(std::filesystem::exists(own) ? own
                                                : root / "plugins/templates" / (file + ".in"));
}

bool has_plugin_template(const std::string& file) {
  const std::filesystem::path root = std::getenv("MONODR_SOURCE_DIR");
  return std::filesystem::exists(root / "plugins/templates" / (file + ".in"));
}

namespace {

namespace fs = std::filesystem;

Registry added() {
  return Registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/added_kind_plugins"});
}

TEST(AddedKind, ItsPluginsAreFoundMadeAndChecked) {
  EXPECT_EQ(plugin_kinds().back(), PluginKind::test_kind);
  EXPECT_EQ(plugin_kind_named("test_kind"), PluginKind::test_kind);
  EXPECT_THAT(names_of_plugin_kinds(), testing::EndsWith(", test_kind"));
  Registry registry = added();
  const PluginInfo info = registry.catalogue().find(PluginKind::test_kind, "example_test_kind");
  const Parameters seven(info.parameters, {{"answer", {std::int64_t{7}, {}, {}}}}, "test_kind");
  EXPECT_EQ(registry.make<TestKind>("example_test_kind", seven)->answer(), 7);
  const ContractReport report =
      check_contract(registry, PluginKind::test_kind, "example_test_kind");
  EXPECT_TRUE(report.passed()) << report.to_text();
  EXPECT_THAT(report.to_text(), testing::HasSubstr("ok    knows the answer"));
}

TEST(AddedKind, ItsPluginsAreInTheCatalogueAndHaveAPage) {
  const PluginCatalogue catalogue = catalogue_from_json(to_json(added().catalogue()));
  EXPECT_EQ(catalogue.find(PluginKind::test_kind, "example_test_kind").version, "0.1.0");
  const auto pages = plugin_pages(catalogue);
  EXPECT_THAT(pages.at("test_kind_example_test_kind.md"),
              testing::HasSubstr("[test_kind.example_test_kind]\nanswer = 42"));
  EXPECT_THAT(pages.at("README.md"), testing::HasSubstr("| test_kind | [example_test_kind]"));
}

TEST(AddedKind, NewWritesOneFromTheTemplate) {
  const fs::path folder = fs::temp_directory_path() / ("added_kind_" + std::to_string(::getpid()));
  NewPlugin{PluginKind::test_kind, "my_answer", folder.string()}.write();
  EXPECT_THAT(read_file(folder / "my_answer.cpp"), testing::HasSubstr("class MyAnswer final"));
  EXPECT_THAT(read_file(folder / "CMakeLists.txt"),
              testing::HasSubstr("monodr_add_plugin(test_kind my_answer my_answer.cpp)"));
  EXPECT_THAT(read_file(folder / "my_answer.toml"), testing::HasSubstr("[test_kind.my_answer]"));
  EXPECT_THAT(read_file(folder / "my_answer_test.cpp"),
              testing::HasSubstr("check_test_kind_contract"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace monodr
