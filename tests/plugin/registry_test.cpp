// SPDX-License-Identifier: Apache-2.0
#include "plugin/registry.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>

#include "base/text.h"
#include "plugin/loss.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

fs::path faulty_folder() {
  return fs::path(std::getenv("MONODR_BINARY_DIR")) / "faulty_plugins";
}

/// An empty folder, removed at the end. Each test has its own: a file once loaded stays loaded
/// under its path.
class PluginFolder : public testing::Test {
 protected:
  void SetUp() override {
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder = fs::temp_directory_path() / (test + "_" + std::to_string(::getpid()));
    fs::create_directories(folder);
  }
  void TearDown() override {
    fs::permissions(folder, fs::perms::owner_all);
    fs::remove_all(folder);
  }

  void take(const std::string& file) { fs::copy_file(faulty_folder() / file, folder / file); }

  std::string refusal_of(const std::string& file) const {
    const PluginCatalogue catalogue = Registry({folder.string()}).catalogue();
    for (const PluginRefusal& refusal : catalogue.refused)
      if (fs::path(refusal.file).filename() == file) return refusal.reason;
    return "";
  }

  fs::path folder;
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(PluginFolder, CopyingAFileThereIsAllThatAddingTakes) {
  take("loss_none.so");
  Registry registry({folder.string()});
  const PluginCatalogue catalogue = registry.catalogue();
  ASSERT_EQ(catalogue.plugins.size(), 1u);
  EXPECT_EQ(catalogue.plugins[0].name, "none");
  EXPECT_EQ(catalogue.plugins[0].file_hash.size(), 64u);
  EXPECT_TRUE(catalogue.refused.empty());
  EXPECT_NE(registry.make<Loss>("none", Parameters()), nullptr);
}

TEST_F(PluginFolder, AnotherAbiIsRefusedBeforeItsCodeRuns) {
  take("loss_old_abi.so");
  const std::string reason = refusal_of("loss_old_abi.so");
  EXPECT_TRUE(
      contains(reason, "built for monodr ABI 3, LibTorch 1.12.1, g++ 11; this is monodr ABI"))
      << reason;
  EXPECT_TRUE(contains(reason, "rebuild with")) << reason;
}

TEST_F(PluginFolder, ALibraryThatIsNoPluginIsRefusedBeforeItsCodeRuns) {
  take("loss_no_symbol.so");
  const std::string reason = refusal_of("loss_no_symbol.so");
  EXPECT_TRUE(contains(reason, "MONODR_PLUGIN")) << reason;
}

TEST_F(PluginFolder, TextAndTruncatedFilesAreRefused) {
  write_file_atomically(folder / "loss_text.so", "not a library\n");
  take("loss_none.so");
  const std::string whole = read_file(folder / "loss_none.so");
  write_file_atomically(folder / "loss_cut.so", whole.substr(0, whole.size() / 2));
  write_file_atomically(folder / "loss_empty.so", "");
  const std::map<std::string, std::string> expected = {
      {"loss_text.so", "no ELF file"}, {"loss_cut.so", "truncated"}, {"loss_empty.so", "is empty"}};
  for (const auto& [file, word] : expected)
    EXPECT_TRUE(contains(refusal_of(file), word)) << file << ": " << refusal_of(file);
}

TEST_F(PluginFolder, AFileCutAnywhereIsRefused) {
  const std::string whole = read_file(faulty_folder() / "loss_none.so");
  for (const double share : {0.0001, 0.001, 0.1, 0.9, 0.999, 0.9999}) {
    write_file_atomically(folder / "loss_none.so",
                          whole.substr(0, static_cast<size_t>(share * whole.size())));
    EXPECT_NE(refusal_of("loss_none.so"), "") << share;
  }
}

// Packages hold stripped files.
TEST_F(PluginFolder, AStrippedFileIsTaken) {
  take("loss_none.so");
  const std::string strip = "strip " + (folder / "loss_none.so").string();
  ASSERT_EQ(std::system(strip.c_str()), 0);
  EXPECT_EQ(refusal_of("loss_none.so"), "");
}

TEST_F(PluginFolder, AnObjectFileAndAStrangeNameAreRefused) {
  std::string whole = read_file(faulty_folder() / "loss_none.so");
  whole[16] = 1;  // e_type = ET_REL
  write_file_atomically(folder / "loss_object.so", whole);
  EXPECT_TRUE(contains(refusal_of("loss_object.so"), "no shared library"));
  write_file_atomically(folder / "my_loss.so", whole);
  EXPECT_TRUE(contains(refusal_of("my_loss.so"), "KIND_NAME.so"));
}

TEST_F(PluginFolder, AFileMustBeNamedAsItCallsItself) {
  take("loss_other_name.so");
  EXPECT_TRUE(contains(refusal_of("loss_other_name.so"), "somebody_else"));
}

TEST_F(PluginFolder, OneBadFileDoesNotStopTheRest) {
  take("loss_none.so");
  take("loss_old_abi.so");
  write_file_atomically(folder / "loss_text.so", "not a library\n");
  const PluginCatalogue catalogue = Registry({folder.string()}).catalogue();
  EXPECT_EQ(catalogue.plugins.size(), 1u);
  EXPECT_EQ(catalogue.refused.size(), 2u);
}

TEST_F(PluginFolder, AFolderWritableByEveryoneIsRefused) {
  take("loss_none.so");
  fs::permissions(folder, fs::perms::all);
  const std::string reason = refusal_of("loss_none.so");
  EXPECT_TRUE(contains(reason, "chmod o-w")) << reason;
}

TEST_F(PluginFolder, AFileWritableByEveryoneIsRefused) {
  take("loss_none.so");
  fs::permissions(folder / "loss_none.so", fs::perms::all);
  const std::string reason = refusal_of("loss_none.so");
  EXPECT_TRUE(contains(reason, "chmod o-w")) << reason;
}

// Where a file system has no permissions, as WSL's /mnt/c, the user states once that it is theirs alone.
TEST_F(PluginFolder, ATrustedFoldersPermissionsAreNotLookedAt) {
  take("loss_none.so");
  fs::permissions(folder, fs::perms::all);
  fs::permissions(folder / "loss_none.so", fs::perms::all);
  const auto refused = [&](const std::string& trusted) {
    ::setenv("MONODR_TRUSTED_FOLDERS", trusted.c_str(), 1);
    const size_t count = Registry({folder.string()}).catalogue().refused.size();
    ::unsetenv("MONODR_TRUSTED_FOLDERS");
    return count;
  };
  const std::string here = fs::canonical(folder).string();
  // Refusals first: a file that was accepted once stays loaded.
  EXPECT_EQ(refused(here + "x:" + here.substr(0, here.size() - 1) + ":."), 1u);
  const std::string reason = refusal_of("loss_none.so");
  EXPECT_TRUE(contains(reason, "export MONODR_TRUSTED_FOLDERS=" + here)) << reason;
  EXPECT_EQ(refused(here), 0u);
  EXPECT_EQ(refused("/nowhere:" + here + "/"), 0u);
  EXPECT_EQ(refused(fs::path(here).parent_path().string()), 0u);
}

TEST_F(PluginFolder, TheFirstOfTwoFoldersWinsAndTheOtherIsListed) {
  take("loss_none.so");
  const PluginCatalogue catalogue =
      Registry({folder.string(), faulty_folder().string()}).catalogue();
  EXPECT_EQ(fs::path(catalogue.find(PluginKind::loss, "none").file).parent_path(),
            fs::canonical(folder));
  bool listed = false;
  for (const PluginRefusal& refusal : catalogue.refused)
    listed = listed || (contains(refusal.file, "loss_none") && contains(refusal.reason, "hidden"));
  EXPECT_TRUE(listed);
}

TEST_F(PluginFolder, AMissingPluginIsNamedWithItsNearestNeighbour) {
  take("loss_none.so");
  Registry registry({folder.string()});
  const std::string message = message_of([&] { registry.find(PluginKind::loss, "nnoe"); });
  EXPECT_TRUE(contains(message, "nnoe") && contains(message, "did you mean 'none'")) << message;
  EXPECT_NE(message_of([&] { registry.find(PluginKind::rule, "none"); }), "");
}

TEST_F(PluginFolder, ARefusedPluginThatIsAskedForSaysWhy) {
  take("loss_old_abi.so");
  Registry registry({folder.string()});
  const std::string message = message_of([&] { registry.find(PluginKind::loss, "old_abi"); });
  EXPECT_TRUE(contains(message, "rebuild")) << message;
}

TEST_F(PluginFolder, AFactoryThatThrowsSaysItsOwnWord) {
  take("loss_factory_throws.so");
  Registry registry({folder.string()});
  const std::string message =
      message_of([&] { registry.make<Loss>("factory_throws", Parameters()); });
  EXPECT_TRUE(contains(message, "'factory_throws'") &&
              contains(message, "loss_factory_throws.so") &&
              contains(message, "its factory throws: no such device"))
      << message;
}

TEST_F(PluginFolder, APluginThatAddsAChannelOfATakenNameIsRefused) {
  take("loss_channel_taken.so");
  const std::string reason = refusal_of("loss_channel_taken.so");
  EXPECT_TRUE(contains(reason, "it adds the channel 'nocs', which is there already")) << reason;
}

TEST(Plugins, OfOneTemplateShareNoVariables) {
  Registry registry({(fs::path(std::getenv("MONODR_BINARY_DIR")) / "counting_plugins").string()});
  for (const char* name : {"counting_one", "counting_two"}) {
    EXPECT_TRUE(registry.make<Loss>(name, Parameters({}, {}, name))->needs().silhouette)
        << name << " is the first of its plugin";
    EXPECT_FALSE(registry.make<Loss>(name, Parameters({}, {}, name))->needs().silhouette);
  }
}

TEST_F(PluginFolder, AnEmptyFolderHoldsNothing) {
  EXPECT_TRUE(Registry({folder.string()}).catalogue().plugins.empty());
}

}  // namespace
}  // namespace monodr
