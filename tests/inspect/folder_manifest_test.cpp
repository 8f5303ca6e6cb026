// SPDX-License-Identifier: Apache-2.0
#include "inspect/folder_manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "data/manifest.h"
#include "evidence/exif.h"
#include "evidence/street_folder.h"

namespace monodr {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += char(value >> (8 * i) & 0xff);
  return text;
}

/// EXIF data with these entries of the Exif directory: tag, type and the four bytes of the value.
std::string exif(const std::vector<std::array<std::uint32_t, 3>>& entries,
                 const std::string& behind) {
  const auto entry = [](std::uint32_t tag, std::uint32_t type, std::uint32_t value) {
    return little_endian(tag, 2) + little_endian(type, 2) + little_endian(1, 4) +
           little_endian(value, 4);
  };
  std::string tiff = "II*" + std::string(1, '\0') + little_endian(8, 4) + little_endian(1, 2) +
                     entry(0x8769, 4, 26) + little_endian(0, 4) +
                     little_endian(std::uint32_t(entries.size()), 2);
  for (const auto& e : entries) tiff += entry(e[0], e[1], e[2]);
  return std::string("Exif\0\0", 6) + tiff + little_endian(0, 4) + behind;
}

std::string jpeg(int width, int height, const std::string& exif_data) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(".jpg", cv::Mat(height, width, CV_8UC3, cv::Scalar(90, 120, 60)), bytes);
  std::string text(bytes.begin(), bytes.end());
  if (exif_data.empty()) return text;
  const size_t size = exif_data.size() + 2;
  return text.substr(0, 2) + "\xff\xe1" + char(size >> 8) + char(size & 0xff) + exif_data +
         text.substr(2);
}

TEST(Exif, TellsTheFocalLengthInPixels) {
  const ScratchFolder folder;
  const auto focal = [&](const std::string& data, int width = 400, int height = 300) {
    return exif_focal(folder.write("a.jpg", jpeg(width, height, data)), width, height);
  };
  // 26 mm where the diagonal is 43.27 mm: of a 400 x 300 picture, 500 pixels long.
  EXPECT_NEAR(focal(exif({{0xa405, 3, 26}}, ""))->pixels, 26 * 500 / 43.2666, 1e-3);
  // 5 mm, 1000 pixels a centimetre, of a picture that was 800 pixels wide.
  const std::string rationals =
      little_endian(50, 4) + little_endian(10, 4) + little_endian(1000, 4) + little_endian(1, 4);
  const std::uint32_t at = 26 + 2 + 4 * 12 + 4;
  const std::string full =
      exif({{0x920a, 5, at}, {0xa20e, 5, at + 8}, {0xa210, 3, 3}, {0xa002, 4, 800}}, rationals);
  EXPECT_NEAR(focal(full)->pixels, 5 * 100 / 2.0, 1e-9);
  EXPECT_NEAR(focal(full, 300, 400)->pixels, 5 * 100 / 2.0, 1e-9) << "turned upright";
  EXPECT_FALSE(focal(""));
  EXPECT_FALSE(focal(exif({{0x920a, 5, 4000000000u}, {0xa20e, 5, at}}, rationals))) << "damaged";
}

/// Photographs as people have them.
class OwnFolder : public testing::Test {
 protected:
  std::string add_picture(const std::string& name,
                          const std::string& exif_data = exif({{0xa405, 3, 26}}, "")) {
    return folder_.write(name, jpeg(240, 140, exif_data));
  }
  void copy(const std::string& from, const std::string& to) {
    fs::create_directories(fs::path(folder_ / to).parent_path());
    fs::copy_file(street_.file("training/" + from + ".png"), folder_ / to);
  }
  FolderManifest make(FolderManifestOptions options = {}) {
    options.folder = folder_.path();
    options.output = folder_ / "frames.toml";
    const FolderManifest made = folder_manifest(options);
    folder_.write("frames.toml", made.text);
    return made;
  }
  std::vector<ManifestFrame> frames() { return read_manifest(folder_ / "frames.toml"); }

  StreetFolder street_;
  ScratchFolder folder_;
};

TEST_F(OwnFolder, OneFolderEachWithMasksAndDepth) {
  for (const char* name : {"000000", "000001"}) {
    add_picture(std::string("photos/") + name + ".JPG");
    copy(std::string("instance_2/") + name, std::string("masks/") + name + ".png");
    copy(std::string("depth_2/") + name, std::string("depth/") + name + "_depth.png");
    folder_.write(std::string("labels/") + name + ".txt", StreetFolder::labels("1 1 1 5 5 50 3"));
  }
  folder_.write("photos/.DS_Store", "");
  copy("depth_2/000000", "depth_vis/000000.png");
  FolderManifestOptions options;
  options.intrinsics = {400, 400, 120, 60};
  const FolderManifest made = make(options);
  EXPECT_THAT(made.text,
              AllOf(HasSubstr("picture    = \"photos/*\""),
                    HasSubstr("intrinsics = [400, 400, 120, 60]"),
                    HasSubstr("masks      = \"masks/{name}.png\""),
                    HasSubstr("depth      = \"depth/{name}_depth.png\""),
                    HasSubstr("labels     = \"labels/{name}.txt\"")));
  EXPECT_THAT(made.text, HasSubstr("depth_unit = 0.00390625")) << "which is told by boxes";
  EXPECT_THAT(made.guessed, Contains(HasSubstr("millimetres do not fit")));
  EXPECT_THAT(made.left_out, Contains(HasSubstr("depth_vis/{name}.png")));
  ASSERT_EQ(frames().size(), 2u);
  EXPECT_EQ(frames()[1].id, "000001");
}

TEST_F(OwnFolder, AllInOneFolder) {
  for (const char* name : {"a", "a_b"}) {
    add_picture(std::string(name) + ".jpg");
    copy("depth_2/000000", std::string(name) + "-depth.png");
    copy("instance_2/000000", std::string(name) + "_mask0.png");
  }
  copy("instance_2/000000", "a_mask1.png");
  folder_.write("annotations.json", "{}");
  FolderManifestOptions options;
  options.depth_unit = 0.004;
  const FolderManifest made = make(options);
  EXPECT_THAT(made.text,
              AllOf(HasSubstr("\"*.jpg\""),
                    HasSubstr("\"{name}_mask*.png\""),
                    HasSubstr("\"{name}-depth.png\""),
                    HasSubstr("depth_unit = 0.004"),
                    HasSubstr("# EXIF: 26 mm of 35 mm film")));
  EXPECT_THAT(made.guessed, ElementsAre(HasSubstr("EXIF")));
  EXPECT_EQ(frames()[0].masks.size(), 2u);
  EXPECT_EQ(frames()[1].masks.size(), 1u);
}

TEST_F(OwnFolder, CocosJsonByThePicturesThatItLists) {
  add_picture("x/one.jpg");
  add_picture("x/two.jpg");
  folder_.write("coco.json",
                R"({"images": [{"id": 1, "file_name": "one.jpg"}], "annotations":
                [{"image_id": 1, "segmentation": [[10, 10, 90, 10, 90, 90]]}]})");
  folder_.write("other.json", R"([{"image_id": "three", "segmentation": [[1, 1, 9, 1, 9, 9]]}])");
  const FolderManifest made = make();
  EXPECT_THAT(made.text, HasSubstr("masks      = \"coco.json\""));
  EXPECT_THAT(made.found, Contains(AllOf(HasSubstr("masks"), HasSubstr("1  coco.json"))));
  EXPECT_THAT(made.left_out, ElementsAre(HasSubstr("lists none of the pictures")));
}

TEST_F(OwnFolder, PicturesOfAnotherSizeHaveIntrinsicsOfTheirOwn) {
  add_picture("one.jpg");
  add_picture("two.jpg");
  folder_.write("wide.jpg", jpeg(480, 280, exif({{0xa405, 3, 26}}, "")));
  folder_.write("none.jpg", jpeg(240, 140, ""));
  const FolderManifest made = make();
  const auto all = frames();
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].id, "wide");
  const double focal = 26 * std::hypot(240, 140) / std::hypot(36, 24);
  EXPECT_NEAR(all[0].intrinsics.fx, 2 * focal, 0.1);
  EXPECT_EQ(all[0].intrinsics.cx, 240);
  for (int i = 1; i < 4; ++i) EXPECT_NEAR(all[size_t(i)].intrinsics.fx, focal, 0.1);
  EXPECT_THAT(made.guessed, Contains(HasSubstr("1 of 4 pictures say no focal length")));
}

TEST_F(OwnFolder, WhatCannotBeGuessedIsAskedFor) {
  expect_says(message_of<UserError>([&] { make(); }), {"no picture lies in"});
  add_picture("a.jpg", "");
  expect_says(message_of<UserError>([&] { make(); }),
              {"focal length", "--intrinsics", "--field-of-view"});
  FolderManifestOptions options;
  options.field_of_view = 65;
  EXPECT_THAT(make(options).text, HasSubstr("horizontal_field_of_view = 65"));
  folder_.write("intrinsics.txt", "500 0 320\n0 500.5 240\n0 0 1\n");
  EXPECT_THAT(make().text, HasSubstr("intrinsics = [500, 0, 320, 0, 500.5, 240, 0, 0, 1]"));
  folder_.write("a.bin", "1234");
  EXPECT_THAT(make().left_out, Contains(HasSubstr("lidar_pose")));
  copy("depth_2/000000", "a_depth.png");
  save_png(folder_ / "a_depth.png", Plane<std::uint16_t>(50, 50, 3000));
  EXPECT_THAT(make().left_out, Contains(HasSubstr("not the shape of its picture")));
}

}  // namespace
}  // namespace monodr
