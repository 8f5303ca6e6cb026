// SPDX-License-Identifier: Apache-2.0
//
// docs/own-data.md, as a person would follow it: its commands, in order, on photographs that are made up here, with masks
// in COCO's JSON and depth as NumPy arrays.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "base/text.h"
#include "data/kitti_label.h"
#include "evidence/image.h"
#include "runexp/program.h"
#include "scratch_folder.h"
#include "synthetic/synthetic.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

std::string little_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += char(value >> (8 * i) & 0xff);
  return text;
}

/// A JPEG whose EXIF data give the focal length of 35 mm film.
std::string jpeg(const std::string& picture, std::uint32_t film) {
  std::vector<std::uint8_t> bytes;
  cv::imencode(".jpg", cv::imread(picture), bytes);
  const std::string tiff = "II*" + std::string(1, '\0') + little_endian(8, 4) +
                           little_endian(1, 2) + little_endian(0x8769, 2) + little_endian(4, 2) +
                           little_endian(1, 4) + little_endian(26, 4) + little_endian(0, 4) +
                           little_endian(1, 2) + little_endian(0xa405, 2) + little_endian(3, 2) +
                           little_endian(1, 4) + little_endian(film, 4) + little_endian(0, 4);
  const std::string exif = std::string("Exif\0\0", 6) + tiff;
  const size_t size = exif.size() + 2;
  const std::string whole(bytes.begin(), bytes.end());
  return whole.substr(0, 2) + "\xff\xe1" + char(size >> 8) + char(size & 0xff) + exif +
         whole.substr(2);
}

/// Depth in metres as a NumPy array of float32.
std::string npy(const Plane<std::uint16_t>& depth) {
  std::string header = fmt::format(
      "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", depth.height, depth.width);
  header.resize((header.size() + 10 + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  std::vector<float> metres(depth.values.begin(), depth.values.end());
  for (float& z : metres) z /= 256;
  return "\x93NUMPY" + std::string("\1\0", 2) + little_endian(std::uint32_t(header.size()), 2) +
         header +
         std::string(reinterpret_cast<const char*>(metres.data()), metres.size() * sizeof(float));
}

/// Run lengths down the columns, as COCO has them.
json runs_of(const Plane<std::uint16_t>& ids, std::uint16_t id) {
  std::vector<int> runs{0};
  bool inside = false;
  for (int x = 0; x < ids.width; ++x)
    for (int y = 0; y < ids.height; ++y) {
      if ((ids.at(x, y) == id) != inside) {
        runs.push_back(0);
        inside = !inside;
      }
      ++runs.back();
    }
  return {{"size", {ids.height, ids.width}}, {"counts", runs}};
}

void make_street(const ScratchFolder& folder) {
  synthesize({.frames = 2, .seed = 4, .output = folder / "made"});
  const std::string made = folder / "made/training/";
  json coco = {{"images", json::array()},
               {"annotations", json::array()},
               {"categories", {{{"id", 3}, {"name", "car"}}}}};
  const std::vector<std::pair<std::string, std::string>> names = {{"000000", "first"},
                                                                  {"000001", "IMG 2"}};
  for (const auto& [frame, name] : names) {
    folder.write("street/images/" + name + ".jpg", jpeg(made + "image_2/" + frame + ".png", 24));
    folder.write("street/depth/" + name + ".npy",
                 npy(load_plane16(made + "depth_2/" + frame + ".png")));
    coco["images"].push_back({{"id", frame}, {"file_name", "images/" + name + ".jpg"}});
    const Plane<std::uint16_t> ids = load_plane16(made + "instance_2/" + frame + ".png");
    const std::set<std::uint16_t> values(ids.values.begin(), ids.values.end());
    for (const std::uint16_t id : values)
      if (id > 0 && id < 1000)  // cars; other numbers are of what hides them
        coco["annotations"].push_back({{"image_id", frame},
                                       {"category_id", 3},
                                       {"segmentation", runs_of(ids, id)},
                                       {"score", 0.9}});
  }
  folder.write("street/masks/coco.json", coco.dump());
}

/// The ```sh blocks of a page, one after another.
std::string commands_of(const std::string& page) {
  std::string commands;
  for (size_t at = 0; (at = page.find("```sh\n", at)) != std::string::npos;) {
    at += 6;
    const size_t end = page.find("```", at);
    commands += page.substr(at, end - at);
    at = end + 3;
  }
  return commands;
}

TEST(OwnData, ThePageLeadsFromPhotographsToBoxes) {
  const ScratchFolder folder;
  make_street(folder);
  const std::string source = std::getenv("MONODR_SOURCE_DIR"),
                    binaries = std::getenv("MONODR_BINARY_DIR");
  const std::string commands = commands_of(read_file(source + "/docs/own-data.md"));
  ASSERT_THAT(commands, HasSubstr("runexp data manifest"));
  folder.write("page.sh", "set -eux\n" + commands);
  Program page({"/bin/bash", "page.sh"},
               {"PATH=" + binaries + ":/usr/bin:/bin", "MONODR_THREADS=1"},
               folder.path());
  page.wait();
  ASSERT_EQ(page.exit_code(), 0) << page.errors() << page.output();
  EXPECT_THAT(page.output(), HasSubstr("EXIF: 24 mm of 35 mm film"));
  EXPECT_THAT(page.output(), HasSubstr("no faults"));
  for (const char* picture : {"sheet.png", "objects.png", "first.png"})
    EXPECT_TRUE(fs::exists(folder / picture)) << picture;
  // A file a picture, with a box for each mask that is high enough.
  size_t boxes = 0, files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "boxes")) {
    if (entry.path().extension() != ".txt") continue;
    ++files;
    for (const Annotation& box : parse_kitti_objects(
             read_file(entry.path().string()), KittiFileKind::results, entry.path().string())) {
      ++boxes;
      EXPECT_EQ(lower_case(box.category), "car") << "as COCO calls it";
      EXPECT_GT(box.box3d.location.z(), 2);
      EXPECT_GT(box.box3d.length, 2);
    }
  }
  EXPECT_EQ(files, 2u);
  EXPECT_GE(boxes, 2u);
  const json detections = json::parse(read_file(folder / "tables/detections.json"));
  EXPECT_EQ(detections.size(), boxes);
  EXPECT_THAT(page.output(), HasSubstr("the data have no labels, so that nothing was evaluated"));
}

}  // namespace
}  // namespace monodr
