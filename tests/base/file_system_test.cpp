// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <gtest/gtest.h>

#include "shared_files.h"

namespace monodr {
namespace {

TEST(FileSystem, ThoseOfSeveralHostsAreRecognised) {
  EXPECT_EQ(shared_file_system_name(0x6969), "NFS");
  EXPECT_EQ(shared_file_system_name(0x0BD00BD0), "Lustre");
  EXPECT_EQ(shared_file_system_name(0x47504653), "GPFS");
  EXPECT_EQ(shared_file_system_name(0x00C36400), "Ceph");
  EXPECT_EQ(shared_file_system_name(0x01021997), "9p");
  EXPECT_EQ(shared_file_system_name(0x65735546), "FUSE");
  EXPECT_EQ(shared_file_system_name(0xEF53), "") << "ext4";
}

TEST(FileSystem, APathThatIsStillToBeMadeLiesWhereItsFolderDoes) {
  const TemporaryFolder folder;
  std::string asked;
  set_file_system_probe([&](const std::string& path) {
    asked = path;
    return 0x6969u;
  });
  EXPECT_EQ(shared_file_system_of(folder.file("a/b/results.sqlite")), "NFS");
  EXPECT_EQ(asked, folder.path());
  set_file_system_probe({});
  EXPECT_NO_THROW(shared_file_system_of("relative"));
}

}  // namespace
}  // namespace monodr
