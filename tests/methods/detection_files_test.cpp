// SPDX-License-Identifier: Apache-2.0
#include "methods/detection_files.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

CategoryModel car() {
  CategoryModel model;
  model.name = "Car";
  model.also = {"Sedan"};
  return model;
}

const std::string kSolid = " -1 -1 1.5 100 100 200 180 1.5 1.6 4.0 1.0 1.6 20.0 1.6 0.9\n";
const std::string kFlat = " -1 -1 -10 300 100 400 180 -1 -1 -1 -1000 -1000 -1000 -10 0.8\n";

TEST(DetectionFiles, KeepAllOfTheirClassAndNothingElse) {
  const ScratchFolder folder;
  folder.write("000001.txt",
               "Car" + kSolid + "Cyclist" + kSolid + "car" + kFlat + "Sedan" + kSolid);
  folder.write("000002.txt", "");
  folder.write("notes.md", "not a result");
  const DetectionFiles files(folder.path(), car(), "method.detections");
  ASSERT_EQ(files.by_frame().size(), 2u);
  EXPECT_TRUE(files.by_frame().at("000002").empty());
  const std::vector<Annotation>& kept = files.by_frame().at("000001");
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_TRUE(kept[0].has_box3d());
  EXPECT_FALSE(kept[1].has_box3d());
  EXPECT_EQ(kept[2].category, "Sedan");
}

TEST(DetectionFiles, SayWhichKeyLedToAFolderThatCannotBeUsed) {
  const ScratchFolder folder;
  const auto message = [&](const std::string& path) {
    return message_of<UserError>([&] { DetectionFiles(path, car(), "fit.start_detections"); });
  };
  expect_says(message(folder / "absent"), {"'fit.start_detections'", "absent", "no such folder"});
  expect_says(message(folder.path()), {"'fit.start_detections'", "no result file"});
  folder.write("000001.txt", "Car -1 -1 1.5 100 100\n");
  expect_says(message(folder.path()), {"000001.txt:1", "columns"});
}

}  // namespace
}  // namespace monodr
