// SPDX-License-Identifier: Apache-2.0
// Calibration, 2-D boxes, pictures, depth: what the files say, and what is said of broken ones.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/lines.h"
#include "data/boxes2d.h"
#include "data/kitti_calibration.h"
#include "data/kitti_folder.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

// Of KITTI's frame 000010, shortened to the digits that matter.
const char* const kCalibration =
    "P2: 721.5377 0 609.5593 44.85728 0 721.5377 172.854 0.2163791 0 0 1 0.002745884\r\n"
    "P3: 721.5377 0 609.5593 -339.5242 0 721.5377 172.854 2.199936 0 0 1 0.002729905  \n"
    "\n"
    "R0_rect: 1 0 0 0 1 0 0 0 1\n"
    "Tr_velo_to_cam: 0 -1 0 -0.004 0 0 -1 -0.076 1 0 0 -0.27\n";

TEST(Fields, AcceptsCarriageReturnsTabsAndBlankLines) {
  const auto lines = numbered_lines("a b \r\n\n \t\nc\td", "f");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "a b");
  EXPECT_EQ(lines[1].number, 4);
  EXPECT_EQ(split_fields(lines[1].text).size(), 2u);
  EXPECT_EQ(parse_number("+1e2", {"f", 1}, "x"), 100);
  for (const char* bad : {"", "1.5x", "nan", "inf", "1e999", "--1"})
    EXPECT_THROW(parse_number(bad, {"f", 1}, "x"), UserError) << bad;
}

TEST(Calibration, ProjectsAsTheFileDoesButForTheHalfPixel) {
  const ScratchFolder scratch;
  const KittiCalibration calibration =
      read_kitti_calibration(scratch.write("calib.txt", kCalibration));
  Eigen::Matrix<double, 3, 4> p2;
  p2 << 721.5377, 0, 609.5593, 44.85728, 0, 721.5377, 172.854, 0.2163791, 0, 0, 1, 0.002745884;
  for (const Eigen::Vector3d& point :
       {Eigen::Vector3d(1, 1.6, 12), Eigen::Vector3d(-7, 0.4, 31), Eigen::Vector3d(0, 0, 2)}) {
    const Eigen::Vector3d homogeneous = p2 * point.homogeneous();
    const Eigen::Vector2d expected = homogeneous.hnormalized() + Eigen::Vector2d(0.5, 0.5);
    EXPECT_LT((calibration.camera.project(point) - expected).norm(), 1e-9);
  }
  // 384.38 px m over the focal length, less the difference of the third row's shifts.
  EXPECT_NEAR(*calibration.baseline, 0.5327, 1e-3);
  // A point 10 m ahead of the LiDAR lies 10 m less 27 cm before the camera.
  const Eigen::Vector3d ahead = *calibration.velodyne_to_rectified * Eigen::Vector4d(10, 0, 0, 1);
  EXPECT_LT((ahead - Eigen::Vector3d(-0.004, -0.076, 9.73)).norm(), 1e-12);
}

TEST(Calibration, IsTheSameInEveryDialect) {
  const ScratchFolder scratch;
  const std::string object = kCalibration;
  const KittiCalibration expected = read_kitti_calibration(scratch.write("object.txt", object));
  const auto renamed = [&](std::string text,
                           const std::vector<std::pair<std::string, std::string>>& names) {
    for (const auto& [from, to] : names) text.replace(text.find(from), from.size(), to);
    return text;
  };
  const std::string rest = object.substr(0, object.find("R0_rect"));
  for (const std::string& text :
       {renamed(object, {{"R0_rect:", "R_rect"}, {"Tr_velo_to_cam:", "Tr_velo_cam"}}),
        renamed(object, {{"Tr_velo_to_cam:", "Tr_velo_to_cam_0:"}}) + "Tr_velo_to_cam_1: 1 2 3\n",
        renamed(object, {{"Tr_velo_to_cam:", "Tr_velo_to_cam_2:"}}) +
            "Tr_velo_to_cam_0: 1 0 0 0 0 1 0 0 0 0 1 0\n",
        renamed(object, {{"P2: ", "P_rect_02:"}, {"P3:", "P_rect_03:"}, {"R0_rect", "R_rect_00"}}),
        renamed(object, {{"P2: ", "P2:"}, {"P3: ", "P3 : "}, {"R0_rect: ", "R0_rect:"}}),
        rest + "Tr: 0 -1 0 -0.004 0 0 -1 -0.076 1 0 0 -0.27\n",
        rest + "R0_rect: 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1\n"
               "Tr_velo_to_cam: 0 -1 0 -0.004 0 0 -1 -0.076 1 0 0 -0.27 0 0 0 1\n",
        "\xEF\xBB\xBF" + object}) {
    const KittiCalibration read = read_kitti_calibration(scratch.write("a.txt", text));
    EXPECT_EQ(read.camera.offset, expected.camera.offset) << text;
    EXPECT_EQ(read.baseline, expected.baseline) << text;
    ASSERT_TRUE(read.velodyne_to_rectified) << text;
    EXPECT_EQ(*read.velodyne_to_rectified, *expected.velodyne_to_rectified) << text;
  }
  EXPECT_FALSE(read_kitti_calibration(scratch.write("alone.txt", rest)).velodyne_to_rectified);
}

TEST(Calibration, WhatIsNotReadIsNamed) {
  const ScratchFolder scratch;
  const auto message = [&](const std::string& text) -> std::string {
    try {
      read_kitti_calibration(scratch.write("a.txt", text));
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  };
  const auto says = [&](const std::string& text, const char* word) {
    EXPECT_NE(message(text).find(word), std::string::npos) << message(text);
  };
  says("P2: 700 -0.236 600 0 0 700 170 0 0 0 1 0\n", "skew of -0.236");
  EXPECT_EQ(message("P2: 700 1.4e-14 600 0 0 700 170 0 0 0 1 0\n"), "");
  says("P2: 700 0 600 0 0 700 170 0 0 0 2 0\n", "row 3");
  says("P2: 700 0 600 0 0 700 170 0 0 0 1 0 0 0 1 1\n", "row 4, column 3");
  says("P_rect_00: 1 2\nR_rect_00: 1\n", "KITTI-360");
  says("R: 1 0 0 0 1 0 0 0 1\nT: 0 0 0\n", "KITTI raw");
  says("P0: 1\nfx: 3\n", "there are: P0, fx");
  says("P2: 700 0 600,5 0 0 700 170 0 0 0 1 0\n", "decimal comma");
}

TEST(Calibration, NamesFileLineAndRemedy) {
  const ScratchFolder scratch;
  const auto message = [&](const std::string& content) {
    const std::string path = scratch.write("calib.txt", content);
    return message_of<UserError>([&] { read_kitti_calibration(path); });
  };
  expect_says(message("P2: 1 2 3\n"), {"calib.txt:1", "3 values"});
  expect_says(message("R0_rect: 1 0 0 0 1 0 0 0 1\n"), {"no line 'P2: '"});
  expect_says(message("\nP2: 7 0 6 0 0 7 x 0 0 0 1 0\n"),
              {"calib.txt:2", "'x' is not a finite number"});
  expect_says(message("P2: 0 0 6 0 0 7 3 0 0 0 1 0\n"), {"pinhole"});
  expect_says(message_of<UserError>([&] { read_kitti_calibration(scratch / "none.txt"); }),
              {"none.txt", "add it"});
}

TEST(Boxes2d, ReadsClassBoxAndScoreAndNothingElse) {
  const ScratchFolder scratch;
  // Fields that are no numbers, in every column that must not be looked at.
  const std::string path = scratch.write(
      "label.txt",
      "Car - - - 10 20 30.5 40 h w l x y z ry\r\nDontCare -1 -1 -10 1 2 3 4 a b c d e f g\n");
  const auto labels = read_boxes2d(path, BoxFile::labels);
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels[0].category, "Car");
  EXPECT_EQ(labels[0].box.left, 10.5);
  EXPECT_EQ(labels[0].box.right, 31);
  EXPECT_EQ(labels[0].score, 1);
  EXPECT_TRUE(read_boxes2d(scratch.write("empty.txt", "\n \n"), BoxFile::labels).empty());
}

TEST(Boxes2d, NamesFileLineAndRemedy) {
  const ScratchFolder scratch;
  const auto message = [&](const std::string& content, BoxFile kind) {
    const std::string path = scratch.write("000007.txt", content);
    return message_of<UserError>([&] { read_boxes2d(path, kind); });
  };
  const std::string good = "Car 0 0 0 1 2 3 4 1 1 1 1 1 1 0\n";
  const std::string fourteen = "Car 0 0 0 1 2 3 4 1 1 1 1 1 1\n";
  expect_says(message(good + fourteen, BoxFile::labels), {"000007.txt:2", "14 fields", "mend"});
  expect_says(message(good, BoxFile::detections), {"a detection has 16"});
  expect_says(message("Car 0 0 0 1 2 3 4 1 1 1 1 1 1 0 7.5", BoxFile::detections), {"7.5", "0..1"});
  expect_says(message("Car 0 0 0 9 2 3 4 1 1 1 1 1 1 0", BoxFile::labels), {"ends before"});
  expect_says(message("Car 0 0 0 a 2 3 4 1 1 1 1 1 1 0", BoxFile::labels), {"'a'"});
}

TEST(Boxes2d, OfDoublesTheBestStays) {
  const Box2d box{0, 0, 100, 50}, nearly{2, 1, 101, 51}, other{60, 0, 160, 50};
  const auto stays = suppress_non_maxima(
      {{"Car", box, 0.8}, {"Car", nearly, 0.9}, {"Car", other, 0.7}, {"Van", box, 0.6}});
  EXPECT_EQ(stays, (std::vector<bool>{false, true, true, true}));
}

TEST(Image, RoundTrips) {
  const ScratchFolder scratch;
  ColourImage image(5, 3);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = std::uint8_t(i * 5);
  save_png(scratch / "a.png", image);
  EXPECT_EQ(load_colour_image(scratch / "a.png").rgb, image.rgb);
  Plane<std::uint16_t> ids(4, 2);
  ids.at(3, 1) = 65535;
  save_png(scratch / "b.png", ids);
  EXPECT_EQ(load_plane16(scratch / "b.png").values, ids.values);
  expect_says(message_of<UserError>([&] { load_plane16(scratch / "a.png"); }), {"3 channels"});
}

TEST(Image, ATruncatedOrDamagedFileNamesItself) {
  const ScratchFolder scratch;
  save_png(scratch / "whole.png", ColourImage(64, 48));
  const std::string bytes = read_file(scratch / "whole.png");
  for (const size_t size : {bytes.size() - 5, bytes.size() / 2, size_t(20)}) {
    const std::string path = scratch.write("cut.png", bytes.substr(0, size));
    expect_says(message_of<UserError>([&] { load_colour_image(path); }),
                {"cut.png", "cut short", "copy"});
  }
  std::string damaged = bytes;
  for (size_t i = 40; i < damaged.size() - 16; ++i) damaged[i] = char(damaged[i] ^ 0x5a);
  const std::string path = scratch.write("damaged.png", damaged);
  expect_says(message_of<UserError>([&] { load_colour_image(path); }), {"damaged.png"});
  expect_says(message_of<UserError>([&] { load_colour_image(scratch.write("x.png", "text")); }),
              {"neither a PNG nor a JPEG"});
  expect_says(message_of<UserError>([&] { load_colour_image(scratch.write("e.png", "")); }),
              {"e.png"});
}

KittiCalibration small_camera(const ScratchFolder& scratch) {
  KittiCalibration calibration = read_kitti_calibration(scratch.write("calib.txt", kCalibration));
  calibration.camera.width = 1242;
  calibration.camera.height = 375;
  return calibration;
}

TEST(Depth, ReadsUnitsOfAMetreOver256) {
  const ScratchFolder scratch;
  Plane<std::uint16_t> units(4, 3);
  units.at(1, 2) = 2560;
  save_png(scratch / "d.png", units);
  const DepthMap depth = load_depth_png(scratch / "d.png");
  EXPECT_EQ(depth.metres.at(1, 2), 10);
  EXPECT_EQ(depth.metres.at(0, 0), 0);
  EXPECT_TRUE(depth.is_sparse);
}

TEST(Depth, DisparityIsFocalLengthTimesBaselineOverDepth) {
  const ScratchFolder scratch;
  const KittiCalibration calibration = small_camera(scratch);
  const double focal_baseline = calibration.camera.intrinsics.fx * *calibration.baseline;
  Plane<std::uint16_t> units(2, 1);
  units.at(1, 0) = std::uint16_t(std::lround(focal_baseline / 12 * 256));
  save_png(scratch / "d.png", units);
  const DepthMap depth = load_depth_disparity(scratch / "d.png", calibration);
  EXPECT_NEAR(depth.metres.at(1, 0), 12, 0.01);
  EXPECT_EQ(depth.metres.at(0, 0), 0);
  // Twice as far, the same pixel of disparity is twice the share of the depth.
  EXPECT_NEAR(depth.deviation_at(24), 2 * depth.deviation_at(12), 1e-12);
}

TEST(Depth, LidarKeepsTheNearestPointInFrontOfTheCamera) {
  const ScratchFolder scratch;
  const KittiCalibration calibration = small_camera(scratch);
  const float points[4][4] = {
      {20, 0, 0, 0}, {10, 0, 0, 0}, {-10, 0, 0, 0}, {5, 100, 0, 0}};  // two ahead, behind, aside
  std::string bytes(sizeof(points), '\0');
  std::memcpy(bytes.data(), points, sizeof(points));
  const DepthMap depth = load_depth_velodyne(scratch.write("p.bin", bytes), calibration);
  const auto& values = depth.metres.values;
  EXPECT_EQ(std::count_if(values.begin(), values.end(), [](float z) { return z > 0; }), 2);
  const Eigen::Vector2d pixel = calibration.camera.project({-0.004, -0.076, 9.73});
  EXPECT_NEAR(depth.metres.at(int(pixel.x()), int(pixel.y())), 9.73, 0.01);
  expect_says(message_of<UserError>([&] {
                load_depth_velodyne(scratch.write("cut.bin", bytes.substr(0, 30)), calibration);
              }),
              {"cut.bin", "cut short"});
}

TEST(Folder, UnknownSplitNamesTheNearest) {
  const ScratchFolder scratch;
  expect_says(message_of<UserError>([&] { KittiFolder(scratch.path()); }), {"training/image_2"});
  scratch.write("training/image_2/000002.png", "");
  scratch.write("training/image_2/000001.jpg", "");
  scratch.write("ImageSets/train.txt", "000002\r\n000001 \r\n\r\n");
  const KittiFolder folder(scratch.path());
  EXPECT_EQ(folder.frames("all"), (std::vector<std::string>{"000001", "000002"}));
  EXPECT_EQ(folder.frames("train"), (std::vector<std::string>{"000002", "000001"}));
  expect_says(message_of<UserError>([&] { folder.frames("trian"); }), {"did you mean 'train'"});
  expect_says(message_of<UserError>([&] { folder.image("000003"); }), {"000003.png"});
}

DatasetSettings of_kind(DepthKind kind) {
  DatasetSettings settings;
  settings.depth = kind;
  return settings;
}

TEST(RealFrames, StereoDeviationIsAsStated) {
  const std::string root = shared_file("kitti_mini");
  if (root.empty()) GTEST_SKIP() << "shared/kitti_mini is absent";
  const KittiFolder folder(root);
  std::vector<double> errors;  // pixels of disparity, on cars
  for (const std::string& frame : folder.frames("lidar")) {
    if (!folder.find("disparity_2", frame, {"png"})) continue;
    KittiCalibration calibration = read_kitti_calibration(folder.path("calib", frame, "txt"));
    const ColourImage image = load_colour_image(folder.image(frame));
    calibration.camera.width = image.width;
    calibration.camera.height = image.height;
    const DepthMap lidar =
        load_frame_depth(folder, frame, of_kind(DepthKind::velodyne), calibration);
    const DepthMap stereo =
        load_frame_depth(folder, frame, of_kind(DepthKind::disparity), calibration);
    const double focal_baseline = calibration.camera.intrinsics.fx * *calibration.baseline;
    for (const ObjectBox2d& car :
         read_boxes2d(folder.path("detections_2", frame, "txt"), BoxFile::detections)) {
      if (car.category != "Car" || car.score < 0.9) continue;
      // The middle of the box, and in it what is within a car's reach of the median.
      std::vector<std::pair<float, float>> points;
      for (int y = int(car.box.top + 0.25 * car.box.height()); y < car.box.bottom; ++y)
        for (int x = int(car.box.left + 0.2 * car.box.width());
             x < car.box.right - 0.2 * car.box.width();
             ++x)
          if (lidar.metres.contains(x, y) && lidar.metres.at(x, y) > 0 &&
              stereo.metres.at(x, y) > 0)
            points.emplace_back(lidar.metres.at(x, y), stereo.metres.at(x, y));
      if (points.size() < 10) continue;
      std::sort(points.begin(), points.end());
      const float median = points[points.size() / 2].first;
      for (const auto& [z, stereo_z] : points)
        if (std::abs(z - median) < 2.5)
          errors.push_back(std::abs(focal_baseline / stereo_z - focal_baseline / z));
    }
  }
  ASSERT_GT(errors.size(), 1000u);
  const auto place = errors.begin() + std::ptrdiff_t(0.68 * double(errors.size()));
  std::nth_element(errors.begin(), place, errors.end());
  std::printf("disparity on cars: 68 %% within %.2f px (%zu points)\n", *place, errors.size());
  EXPECT_NEAR(*place, kDisparityDeviation, 0.3);
}

TEST(RealFrames, DepthPngAgreesWithTheLidarItWasMadeOf) {
  const std::string root = shared_file("kitti_mini");
  if (root.empty()) GTEST_SKIP() << "shared/kitti_mini is absent";
  const KittiFolder folder(root);
  KittiCalibration calibration = read_kitti_calibration(folder.path("calib", "000008", "txt"));
  calibration.camera.width = 1242;
  calibration.camera.height = 375;
  const DepthMap png = load_frame_depth(folder, "000008", of_kind(DepthKind::depth_2), calibration);
  // The maker of these PNGs cut KITTI's coordinates to whole pixels; KITTI's pixel i begins at
  // i - 0.5, so its points lie half a pixel further to the upper left than they should.
  calibration.camera.intrinsics.cx -= 0.5;
  calibration.camera.intrinsics.cy -= 0.5;
  const DepthMap lidar =
      load_frame_depth(folder, "000008", of_kind(DepthKind::velodyne), calibration);
  int count = 0;
  for (size_t i = 0; i < png.metres.values.size(); ++i) {
    count += png.metres.values[i] > 0;
    EXPECT_NEAR(png.metres.values[i], lidar.metres.values[i], 0.01);
  }
  EXPECT_GT(count, 15000);
}

}  // namespace
}  // namespace monodr
