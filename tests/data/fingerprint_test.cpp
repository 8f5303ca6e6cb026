// SPDX-License-Identifier: Apache-2.0
#include "data/fingerprint.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "evidence/street_folder.h"

namespace monodr {
namespace {

const std::vector<std::string> folders = folders_used({}, {}, {});

TEST(Fingerprint, IsOfTheContentAndNotOfThePlaceOrTheTime) {
  const StreetFolder a, b;
  const std::string fingerprint = dataset_fingerprint(a.path(), "all", folders, "");
  EXPECT_EQ(fingerprint, dataset_fingerprint(b.path(), "all", folders, ""));
  EXPECT_NE(fingerprint, dataset_fingerprint(a.path(), "last", folders, ""));
  const std::string path = a.file("training/calib/000001.txt");
  const std::string content = read_file(path);
  write_file_atomically(path, content + "\n");
  EXPECT_NE(fingerprint, dataset_fingerprint(a.path(), "all", folders, ""));
  write_file_atomically(path, content);
  EXPECT_EQ(fingerprint, dataset_fingerprint(a.path(), "all", folders, ""));
}

TEST(Fingerprint, FoldersAndFramesThatAreNotReadDoNotCount) {
  const StreetFolder street;
  const auto of_last = [&] {
    return dataset_fingerprint(
        street.path(),
        "last",
        folders_used(BoxSource::labels, MaskKind::grabcut, DepthKind::depth_2),
        "");
  };
  const std::string before = of_last();
  street.write("training/instance_2/000002.png", "changed");
  street.write("training/velodyne/000002.bin", "new");
  street.write("training/calib/000001.txt", "changed");
  EXPECT_EQ(before, of_last());
  street.write("training/label_2/000002.txt", "");
  EXPECT_NE(before, of_last());
}

TEST(Fingerprint, MaskFilesOfTheFramesCount) {
  const StreetFolder street;
  const auto of_last = [&](MaskKind masks) {
    return dataset_fingerprint(
        street.path(), "last", folders_used(BoxSource::labels, masks, DepthKind::depth_2), "");
  };
  std::string before = of_last(MaskKind::png);
  for (const char* name : {"000002_0.png", "000002_11.png", "000002.json", "coco.json"}) {
    street.write(std::string("training/masks_2/") + name, "new");
    EXPECT_NE(before, of_last(MaskKind::png)) << name;
    before = of_last(MaskKind::png);
  }
  street.write("training/masks_2/000001_0.png", "of another frame");
  EXPECT_EQ(before, of_last(MaskKind::png));
  EXPECT_NE(of_last(MaskKind::png), of_last(MaskKind::grabcut));
}

TEST(Fingerprint, TheCacheAnswersUntilAFileChanges) {
  const StreetFolder street;
  const std::string cache = street.file("cache/hashes.txt");
  const std::string plain = dataset_fingerprint(street.path(), "all", folders, "");
  EXPECT_EQ(plain, dataset_fingerprint(street.path(), "all", folders, cache));
  EXPECT_EQ(plain, dataset_fingerprint(street.path(), "all", folders, cache));

  // Proof that it is used: a hash planted for one file changes the fingerprint.
  const std::string lines = read_file(cache);
  std::string planted = lines;
  planted[0] = planted[0] == '0' ? '1' : '0';
  write_file_atomically(cache, planted);
  EXPECT_NE(plain, dataset_fingerprint(street.path(), "all", folders, cache));

  // Damage is ignored, and a changed file hashed anew.
  write_file_atomically(cache, "nonsense\n" + lines.substr(0, lines.size() / 2));
  EXPECT_EQ(plain, dataset_fingerprint(street.path(), "all", folders, cache));
  street.write("training/label_2/000000.txt", "");
  const std::string changed = dataset_fingerprint(street.path(), "all", folders, cache);
  EXPECT_NE(plain, changed);
  EXPECT_EQ(changed, dataset_fingerprint(street.path(), "all", folders, ""));
}

TEST(Fingerprint, MissingRootOrSplitIsTheUsersToMend) {
  const StreetFolder street;
  expect_says(message_of<UserError>(
                  [&] { dataset_fingerprint(street.file("nowhere"), "all", folders, ""); }),
              {"nowhere", "dataset.root"});
  expect_says(
      message_of<UserError>([&] { dataset_fingerprint(street.path(), "lost", folders, ""); }),
      {"lost", "there are: last, all"});
}

}  // namespace
}  // namespace monodr
