// SPDX-License-Identifier: Apache-2.0
#include "inspect/inspect.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"
#include "data/ground_plane.h"
#include "data/kitti_calibration.h"
#include "evidence/frame_source.h"
#include "evidence/requests.h"
#include "evidence/street_folder.h"
#include "inspect/contact_sheet.h"

namespace monodr {
namespace {

const DataKind* kind_of(const Inspection& inspection, const std::string& name) {
  for (const DataKind& kind : inspection.kinds)
    if (kind.name == name) return &kind;
  return nullptr;
}

/// Whether a fault lies at this file (its end) and line and says this.
bool has_fault(const Inspection& inspection,
               const std::string& file,
               int line,
               const std::string& part) {
  return std::any_of(
      inspection.faults.begin(), inspection.faults.end(), [&](const DataFault& fault) {
        return fault.file.ends_with(file) && fault.line == line &&
               fault.message.find(part) != std::string::npos;
      });
}

TEST(Inspect, CountsASoundFolder) {
  const StreetFolder street;
  const Inspection found = inspect(street.path(), 2);
  EXPECT_EQ(found.frames, (std::vector<std::string>{"000000", "000001", "000002"}));
  EXPECT_EQ(found.splits.at("last"), 1u);
  EXPECT_EQ(found.image_sizes.at("240x140"), 3);
  EXPECT_EQ(found.labels.at("Car"), 6);
  EXPECT_EQ(found.labels.at("DontCare"), 3);
  EXPECT_EQ(found.masks.at("instance"), 6u);
  EXPECT_EQ(kind_of(found, "depth_2")->files, 3u);
  EXPECT_EQ(kind_of(found, "velodyne"), nullptr);
  for (const DataFault& fault : found.faults) ADD_FAILURE() << fault.to_string();
}

TEST(Inspect, ListsEveryFaultWithFileAndLineAndGoesOn) {
  const StreetFolder street;
  street.write("training/label_2/000000.txt",
               "Car 0 0 0 10 10 20 20 1.5 1.6 3.9 0 1.6 20 0\r\n"
               "Car 0 0 0 10 10 20\n"
               "\n"
               "Carr 0 0 0 10 10 20 20 1.5 1.6 3.9 0 1.6 20 0\n"
               "Car 0 7 0 20 10 10 20 0 1.6 3.9 0 1.6 x 0  \n"
               "Car 0 7 0 20 10 10 20 0 1.6 3.9 0 1.6 20 0  \n");
  street.write("training/detections_2/000000.txt",
               "Car -1 -1 -10 10 10 20 20 -1 -1 -1 -1000 -1000 -1000 -10 1.5\n"
               "Car -1 -1 -10 10 10 20 20 -1 -1 -1 -1000 -1000 -1000 -10\n");
  std::filesystem::remove(street.file("training/calib/000001.txt"));
  street.write("training/calib/000002.txt", "P0: 1 2 3\nP2: 1 2 3\n");
  save_png(street.file("training/depth_2/000001.png"), Plane<std::uint16_t>(9, 9));
  const std::string image = street.file("training/image_2/000001.png");
  std::filesystem::resize_file(image, std::filesystem::file_size(image) / 2);
  std::filesystem::remove(street.file("training/instance_2/000001.png"));
  save_png(street.file("training/instance_2/000002.png"), Plane<std::uint16_t>(9, 9));
  street.write("training/velodyne/000000.bin", "123");
  street.write("training/masks_2/coco.json", "[\n\n{");
  street.write("training/planes/000000.txt", "# Matrix\nWIDTH 4\nHEIGHT 1\n0 -1 0\n");
  street.write("ImageSets/train.txt", "000000\n000000\n000009\na b\n");

  const Inspection found = inspect(street.path(), 2);
  EXPECT_EQ(found.labels.at("Car"), 6);  // two of this frame: bad lines are none, Carr is another
  EXPECT_EQ(kind_of(found, "calib")->missing, (std::vector<std::string>{"000001"}));
  EXPECT_EQ(kind_of(found, "instance_2")->missing, (std::vector<std::string>{"000001"}));
  EXPECT_EQ(kind_of(found, "velodyne")->missing.size(), 2u);
  const auto expect = [&](const std::string& file, int line, const std::string& part) {
    EXPECT_TRUE(has_fault(found, file, line, part)) << file << ":" << line << " " << part;
  };
  expect("label_2/000000.txt", 2, "7 columns");
  expect("label_2/000000.txt", 4, "did you mean 'Car'?");
  expect("label_2/000000.txt", 5, "column 14 (z): 'x'");
  expect("label_2/000000.txt", 6, "ends before it starts");
  expect("label_2/000000.txt", 6, "dimensions");
  expect("label_2/000000.txt", 6, "occlusion (column 3) is 7");
  expect("detections_2/000000.txt", 1, "outside of 0..1");
  expect("detections_2/000000.txt", 2, "the score is missing");
  expect("calib/000001.txt", 0, "missing");
  expect("calib/000002.txt", 2, "P2");
  expect("image_2/000001.png", 0, "cut short");
  expect("instance_2/000002.png", 0, "9x9");
  expect("velodyne/000000.bin", 0, "cut short");
  expect("masks_2/coco.json", 3, "not JSON");
  expect("planes/000000.txt", 4, "3 values");
  expect("ImageSets/train.txt", 2, "named twice");
  expect("ImageSets/train.txt", 3, "000009 is not there");
  expect("ImageSets/train.txt", 4, "not a frame id");
  EXPECT_EQ(found.faults.size(), 18u) << format_inspection(found);

  const auto document = nlohmann::json::parse(inspection_json(found));
  EXPECT_EQ(document.at("faults").size(), found.faults.size());
  EXPECT_EQ(document.at("labels").at("Carr"), 1);
  const std::string text = format_inspection(found);
  expect_says(text,
              {"3 frames",
               "1 without: 000001",
               "Carr 1",
               "18 faults in 10 files:",
               "label_2/000000.txt:2: 7"});
}

bool has_note(const Inspection& inspection, const std::string& part) {
  return std::any_of(inspection.notes.begin(), inspection.notes.end(), [&](const auto& note) {
    return note.find(part) != std::string::npos;
  });
}

TEST(Inspect, HoldsMasksAndBoxesAgainstEachOther) {
  const StreetFolder street;
  Inspection found = inspect(street.path(), 2);
  EXPECT_EQ(found.matches.matched, 6u);
  EXPECT_TRUE(found.notes.empty());
  expect_says(format_inspection(found), {"boxes with a mask  6 of 6"});

  Plane<std::uint16_t> elsewhere(240, 140);
  for (int x = 0; x < 30; ++x) elsewhere.at(x, 120) = 1;
  for (const char* frame : {"000000", "000001"})
    save_png(street.file(std::string("training/instance_2/") + frame + ".png"), elsewhere);
  found = inspect(street.path(), 2);
  EXPECT_EQ(found.faults.size(), 0u);
  EXPECT_EQ(found.matches.boxes, 6u);
  EXPECT_TRUE(has_note(found, "only 2 of 6 boxes met one of the 4 masks"))
      << format_inspection(found);

  save_png(street.file("training/instance_2/000002.png"), elsewhere);
  found = inspect(street.path(), 2);
  ASSERT_EQ(found.faults.size(), 1u);
  EXPECT_TRUE(has_fault(found, street.path(), 0, "0 of 6 boxes met one of the 3 masks"));
  EXPECT_EQ(nlohmann::json::parse(inspection_json(found)).at("boxes_with_masks").at("matched"), 0);
}

TEST(Inspect, NamesDepthOfAnotherUnitAndBoxesOfAnotherResolution) {
  const StreetFolder street;
  for (const char* frame : {"000000", "000001", "000002"}) {
    Plane<std::uint16_t> depth(240, 140, 40000);
    save_png(street.file(std::string("training/depth_2/") + frame + ".png"), depth);
    std::string lines;
    for (int i = 0; i < 10; ++i)
      lines += "Car -1 -1 -10 9 9 59 39 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n";
    street.write(std::string("training/detections_2/") + frame + ".txt", lines);
  }
  Inspection found = inspect(street.path(), 2);
  EXPECT_TRUE(has_fault(found, ".png", 0, "depth does not fit the boxes"))
      << format_inspection(found);
  EXPECT_TRUE(has_note(found, "none of 30 boxes of detections reaches beyond 25 %"));
  street.write("training/detections_2/000001.txt",
               "Car -1 -1 -10 220 90 300 180 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
               "Car -1 -1 -10 320 90 400 130 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n");
  found = inspect(street.path(), 2);
  EXPECT_TRUE(has_note(found, "2 of 22 boxes of detections reach beyond the picture"));
  EXPECT_TRUE(has_fault(found, "detections_2/000001.txt", 2, "lies outside of the image"));
}

TEST(Inspect, PassesOverWhatBelongsToNoFrame) {
  const StreetFolder street;
  const std::string label = read_file(street.file("training/label_2/000000.txt"));
  street.write("training/label_2/000000 (1).txt", label);
  street.write("training/label_2/classes.txt", "car\n");
  const Inspection found = inspect(street.path(), 2);
  EXPECT_EQ(found.frames.size(), 3u);
  EXPECT_EQ(kind_of(found, "label_2")->files, 3u);
  EXPECT_EQ(found.labels.at("Car"), 6) << "none twice";
  EXPECT_TRUE(found.faults.empty()) << format_inspection(found);
  EXPECT_TRUE(has_note(found, "passed over in label_2")) << format_inspection(found);
  EXPECT_TRUE(has_note(found, "000000 (1), classes")) << format_inspection(found);
}

TEST(Inspect, NamesNumbersInAnotherUnit) {
  const StreetFolder street;
  street.write("training/label_2/000000.txt",
               "Car 0 0 0 60 40 120 80 150 160 390 0 165 2000 0\n"
               "Car 0 0 0 60 40 120 80 1.5 1.6 3.9 0 1.65 20 -89.5\n");
  street.write("training/calib/000001.txt", "P2: 100 0 59.5 0 0 100 29.5 0 0 0 1 0\n");
  const Inspection found = inspect(street.path(), 2);
  EXPECT_TRUE(has_fault(found, "label_2/000000.txt", 1, "centimetres"));
  EXPECT_TRUE(has_fault(found, "label_2/000000.txt", 2, "degrees"));
  EXPECT_TRUE(has_note(found, "in 1 frames the principal point lies at 25 % of the width"))
      << format_inspection(found);
}

TEST(Inspect, EndingsInCapitalsAreReadOrNamed) {
  const StreetFolder street;
  const auto rename = [&](const char* from, const char* to) {
    std::filesystem::rename(street.file(from), street.file(to));
  };
  rename("training/image_2/000000.png", "training/image_2/000000.PNG");
  EXPECT_EQ(load_observations(kitti_request(street.path())).frames.size(), 3u);
  rename("training/label_2/000001.txt", "training/label_2/000001.TXT");
  const Inspection found = inspect(street.path(), 2);
  EXPECT_EQ(found.image_sizes.at("240x140"), 3);
  EXPECT_EQ(found.faults.size(), 1u) << format_inspection(found);
  EXPECT_TRUE(has_fault(found, "label_2/000001.TXT", 0, "in capitals"));
}

TEST(Inspect, HoldsDepthAgainstTheRoad) {
  const StreetFolder street;
  // A level road 1.65 m below the camera, once in metres and once with a unit of a quarter.
  const auto write = [&](double unit) {
    Plane<std::uint16_t> depth(240, 140);
    const Intrinsics k =
        read_kitti_calibration(street.file("training/calib/000000.txt")).camera.intrinsics;
    for (int y = int(k.cy) + 2; y < 140; ++y)
      for (int x = 0; x < 240; ++x)
        depth.at(x, y) =
            std::uint16_t(std::min(60000.0, 256 * unit * 1.65 * k.fy / (y + 0.5 - k.cy)));
    for (const char* frame : {"000000", "000001", "000002"}) {
      save_png(street.file(std::string("training/depth_2/") + frame + ".png"), depth);
      street.write(std::string("training/detections_2/") + frame + ".txt", "");
    }
  };
  write(1);
  EXPECT_FALSE(has_note(inspect(street.path(), 2), "the road"));
  write(0.25);
  const Inspection found = inspect(street.path(), 2);
  EXPECT_TRUE(has_note(found, "depth does not fit the road")) << format_inspection(found);
  EXPECT_TRUE(has_note(found, "0.41 m under it, where 1.8 m are expected"))
      << format_inspection(found);
  EXPECT_TRUE(found.faults.empty());
}

TEST(Inspect, OnlyAFolderThatIsNoneIsAnError) {
  const ScratchFolder scratch;
  expect_says(message_of<UserError>([&] { inspect(scratch.path(), 1); }), {"training/"});
  std::filesystem::create_directories(scratch.file("training"));
  EXPECT_TRUE(inspect(scratch.path(), 1).frames.empty());
  scratch.write("training/label_2/000000.txt", "");
  EXPECT_EQ(inspect(scratch.path(), 1).faults.size(), 2u);  // no image, no calibration
}

TEST(ContactSheet, ShowsFramesAndObjects) {
  const StreetFolder street;
  street.write("training/calib/000001.txt", "");
  DatasetRequest options = kitti_request(street.path());
  options.on_error = OnError::skip;
  const std::vector<std::string> frames = {"000000", "000001"};
  write_frame_sheet(frames, options, street.file("sheet.png"));
  const ColourImage sheet = load_colour_image(street.file("sheet.png"));
  EXPECT_EQ(sheet.width, 3 * 620);
  EXPECT_EQ(sheet.height, int(std::lround(140 * 620.0 / 240)) + 40);  // and the broken one's line
  write_object_sheet(load_observations_of(frames, *open_frame_source(options), options),
                     street.file("objects.png"));
  EXPECT_GT(load_colour_image(street.file("objects.png")).width, 500);
}

TEST(GroundPlane, IsReadAndChecked) {
  const ScratchFolder scratch;
  const auto plane = read_ground_plane(
      scratch.write("p.txt", "# Matrix\r\nWIDTH 4\r\nHEIGHT 1\r\n0.0 -1.0 -1e-2 1.65 \r\n"));
  EXPECT_EQ(plane[1], -1);
  EXPECT_EQ(plane[3], 1.65);
  expect_says(message_of<UserError>(
                  [&] { read_ground_plane(scratch.write("q.txt", "WIDTH 4\n1 1 1 1\n")); }),
              {"q.txt:2", "length 1"});
  expect_says(message_of<UserError>([&] { read_ground_plane(scratch.write("r.txt", "")); }),
              {"no plane"});
}

TEST(Inspect, CountsAManifestsFramesAndListsTheirFaults) {
  const StreetFolder street;
  const std::string manifest = street.write("frames.toml",
                                            "[defaults]\npicture = \"training/image_2/*.png\"\n"
                                            "intrinsics = [200, 200, 120, 60]\n"
                                            "masks = \"training/instance_2/{name}.png\"\n"
                                            "labels = \"training/label_2/{name}.txt\"\n"
                                            "[[frame]]\npicture = \"training/image_2/000002.png\"\n"
                                            "intrinsics = [2000, 2000, 1200, 600]\n");
  std::filesystem::remove(street.file("training/label_2/000000.txt"));
  street.write("training/label_2/000001.txt", "\nCar 0 0 0 10 10 20\n");
  const Inspection found = inspect(manifest, 2);
  EXPECT_EQ(found.frames, (std::vector<std::string>{"000002", "000000", "000001"}));
  EXPECT_EQ(found.image_sizes.at("240x140"), 3);
  EXPECT_EQ(found.masks.at("manifest"), 6u);
  EXPECT_EQ(found.labels.at("Car"), 2) << "those of 000002";
  EXPECT_EQ(kind_of(found, "picture")->files, 3u);
  EXPECT_EQ(kind_of(found, "labels")->missing, (std::vector<std::string>{"000000"}));
  EXPECT_EQ(kind_of(found, "depth"), nullptr);
  EXPECT_EQ(found.faults.size(), 2u);
  EXPECT_TRUE(has_fault(found, "label_2/000001.txt", 2, "7 columns"));
  EXPECT_TRUE(has_fault(found, "image_2/000002.png", 0, "another resolution"));
  EXPECT_NE(format_inspection(found).find("frames.toml: 3 frames"), std::string::npos);

  save_png(street.file("training/instance_2/000000.png"), Plane<std::uint16_t>(9, 9));
  EXPECT_TRUE(has_fault(inspect(manifest, 1), "instance_2/000000.png", 0, "9x9"));
}

TEST(Inspect, JudgesDepthByTheClassThatIsAskedFor) {
  const StreetFolder street;
  EXPECT_NO_THROW(inspect(street.path(), 1, nullptr, "van"));
  expect_says(message_of<UserError>([&] { inspect(street.path(), 1, nullptr, "vam"); }),
              {"vam", "van"});
}

TEST(ContactSheet, DrawsTheFramesOfAManifest) {
  const StreetFolder street;
  DatasetRequest request = kitti_request(street.write(
      "frames.toml",
      "[defaults]\npicture = \"training/image_2/*.png\"\n"
      "intrinsics = [200, 200, 120, 60]\nmasks = \"training/instance_2/{name}.png\"\n"));
  request.source = DataSource::manifest;
  write_frame_sheet({"000000", "000002"}, request, street.file("sheet.png"));
  const ColourImage sheet = load_colour_image(street.file("sheet.png"));
  EXPECT_EQ(sheet.width, 3 * 620);
}

}  // namespace
}  // namespace monodr
