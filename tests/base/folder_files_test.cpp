// SPDX-License-Identifier: Apache-2.0
#include "base/folder_files.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/error.h"
#include "base/file_cache.h"
#include "base/path_identity.h"
#include "base/text.h"
#include "shared_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

TEST(FilesBelow, FollowLinksOnceAndPassOverTheSystemsFiles) {
  const TemporaryFolder folder;
  const fs::path root = folder.file("root");
  fs::create_directories(root / "a");
  fs::create_directories(folder.file("elsewhere"));
  for (const fs::path& file : {root / "a/1.obj",
                               root / "a/._1.obj",
                               root / ".DS_Store",
                               root / "Thumbs.db",
                               fs::path(folder.file("elsewhere/2.obj"))})
    write_file_atomically(file.string(), "x");
  fs::create_directory_symlink(root, root / "a/loop");
  fs::create_directory_symlink(folder.file("elsewhere"), root / "b");
  fs::create_directory_symlink(folder.file("elsewhere"), root / "c");
  fs::create_symlink("nowhere", root / "broken.obj");
  EXPECT_EQ(files_below(root), (std::vector<fs::path>{root / "a/1.obj", root / "b/2.obj"}));
  const std::string before = path_identity(root.string());
  write_file_atomically(folder.file("elsewhere/2.obj"), "changed");
  EXPECT_NE(path_identity(root.string()), before) << "what links lead to belongs to a folder";
}

TEST(FileCache, IsSafeAmongThreadsAndProcesses) {
  const TemporaryFolder folder;
  const std::string content(100000, 'c');
  const auto use = [&] {
    const FileCache cache(folder.file("cache"), ".x");
    bool sound = true;
    for (int i = 0; i < 50; ++i) {
      cache.store("key", content);
      const auto found = cache.find("key");
      sound &= found.has_value() && *found == content;
    }
    return sound;
  };
  const pid_t child = ::fork();
  if (child == 0) ::_exit(use() ? 0 : 1);
  std::vector<char> sound(4);
  std::vector<std::thread> threads;
  for (char& each : sound) threads.emplace_back([&use, &each] { each = use(); });
  for (std::thread& thread : threads) thread.join();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (const char each : sound) EXPECT_TRUE(each);
  EXPECT_EQ(files_below(folder.file("cache")).size(), 1U) << "no part is left over";
}

TEST(FileCache, TheLongestUnusedGoWhereThereIsNoRoom) {
  const TemporaryFolder folder;
  const FileCache cache(folder.file("cache"), ".x", 2500);
  const auto age = [&](const char* key, int hours) {
    fs::last_write_time(cache.path(key),
                        fs::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  for (const char* key : {"a", "b", "c"})
    write_file_atomically(cache.path(key), std::string(1000, 'x'));
  write_file_atomically(folder.file("cache/other.prior"), std::string(9000, 'x'));
  age("a", 3), age("b", 2), age("c", 1);
  ASSERT_TRUE(cache.find("a")) << "used now";
  // Room is made with every 64th entry of a process.
  for (int i = 0; i < 64; ++i) cache.store("d", std::string(500, 'x'));
  EXPECT_TRUE(cache.find("a"));
  EXPECT_FALSE(cache.find("b"));
  EXPECT_TRUE(cache.find("c"));
  EXPECT_TRUE(cache.find("d"));
  EXPECT_TRUE(fs::exists(folder.file("cache/other.prior"))) << "not its own";
  EXPECT_FALSE(FileCache("", ".x").find("a"));
}

}  // namespace
}  // namespace monodr
