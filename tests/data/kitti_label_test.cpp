// SPDX-License-Identifier: Apache-2.0
#include "data/kitti_label.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "geometry/rotation.h"
#include "shared_files.h"

namespace monodr {
namespace {

const std::string label_line =
    "Car 0.25 1 -1.57 564.62 174.59 616.43 224.74 1.61 1.66 3.20 -0.69 1.69 25.01 -1.59";

std::string error_of(const std::string& text, KittiFileKind kind) {
  try {
    parse_kitti_objects(text, kind, "label_2/000007.txt");
  } catch (const UserError& error) {
    return error.what();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(KittiLabel, EveryColumnFindsItsPlace) {
  const auto objects = parse_kitti_objects(label_line + " 0.875\n", KittiFileKind::results, "x");
  ASSERT_EQ(objects.size(), 1u);
  const Annotation& car = objects[0];
  EXPECT_EQ(car.category, "Car");
  EXPECT_EQ(car.truncation, 0.25);
  EXPECT_EQ(car.occlusion, 1);
  EXPECT_EQ(car.alpha, -1.57);
  EXPECT_EQ(car.box2d.left, 564.62 + 0.5) << "half a pixel between KITTI's convention and ours";
  EXPECT_EQ(car.box2d.bottom, 224.74 + 0.5);
  EXPECT_EQ(car.box3d.height, 1.61);
  EXPECT_EQ(car.box3d.width, 1.66);
  EXPECT_EQ(car.box3d.length, 3.20);
  EXPECT_EQ(car.box3d.location, Eigen::Vector3d(-0.69, 1.69, 25.01));
  EXPECT_EQ(car.box3d.rotation_y, -1.59);
  EXPECT_EQ(car.score, 0.875);
}

TEST(KittiLabel, LineEndsBlanksAndEmptyLinesAreOfNoAccount) {
  const std::string expected = format_kitti_labels(
      parse_kitti_objects(label_line + "\n" + label_line + "\n", KittiFileKind::labels, "x"));
  for (const std::string& text : {label_line + "\r\n" + label_line + "\r\n",
                                  label_line + "  \n\n" + label_line + " \t",
                                  "\n  \r\n" + label_line + "\n\t" + label_line}) {
    const auto objects = parse_kitti_objects(text, KittiFileKind::labels, "x");
    EXPECT_EQ(format_kitti_labels(objects), expected);
  }
  EXPECT_TRUE(parse_kitti_objects("", KittiFileKind::labels, "x").empty());
  EXPECT_TRUE(parse_kitti_objects("\r\n", KittiFileKind::results, "x").empty());
}

TEST(KittiLabel, LabelsMayHaveAScoreAndResultsMust) {
  EXPECT_EQ(parse_kitti_objects(label_line + " 3e-2", KittiFileKind::labels, "x")[0].score, 0.03);
  const std::string message = error_of(label_line, KittiFileKind::results);
  EXPECT_TRUE(contains(message, "label_2/000007.txt:1: 15 columns")) << message;
  EXPECT_TRUE(contains(message, "append a score")) << message;
}

TEST(KittiLabel, FaultsAreNamedWithFileLineAndRemedy) {
  const std::string short_line = label_line.substr(0, label_line.rfind(' '));
  const std::string columns = error_of(label_line + "\n" + short_line, KittiFileKind::labels);
  EXPECT_TRUE(contains(columns, "label_2/000007.txt:2: 14 columns, expected 15")) << columns;
  EXPECT_TRUE(contains(columns, "rotation_y")) << columns;
  const std::string long_line = error_of(label_line + " 1 2", KittiFileKind::labels);
  EXPECT_TRUE(contains(long_line, "17 columns")) << long_line;
  for (const char* wrong : {"abc", "1.2.3", "nan", "inf", "1e999", "--1", "0x10"}) {
    std::string line = label_line;
    line.replace(line.find("25.01"), 5, wrong);
    const std::string message = error_of(line, KittiFileKind::labels);
    EXPECT_TRUE(contains(message, ":1: column 14 (z): '" + std::string(wrong))) << message;
  }
  std::string half_occluded = label_line;
  half_occluded.replace(half_occluded.find(" 1 "), 3, " 0.5 ");
  EXPECT_TRUE(contains(error_of(half_occluded, KittiFileKind::labels), "column 3 (occlusion)"));
  EXPECT_EQ(error_of(half_occluded + " 1", KittiFileKind::results), "no error")
      << "of no interest in a result";
  EXPECT_EQ(error_of("Car 0 0 +1 1 2 3 4 1 1 1 1 1 1 -1e-3", KittiFileKind::labels), "no error");
}

TEST(KittiLabel, TextIsTakenAsProgramsWriteItAndTrackingsLabelsAreNamed) {
  for (const std::string& text : {"\xEF\xBB\xBF" + label_line + "\n" + label_line,
                                  label_line + "\r\n" + label_line + "\r\n",
                                  label_line + "\r" + label_line + "\r",
                                  label_line + "\n" + label_line + "\n" + std::string(7, '\0')}) {
    EXPECT_EQ(parse_kitti_objects(text, KittiFileKind::labels, "a.txt").size(), 2U) << text;
  }
  const std::string tracking = error_of("12 -1 " + label_line, KittiFileKind::labels);
  EXPECT_TRUE(contains(tracking, "tracking benchmark's labels")) << tracking;
  std::string comma = label_line;
  comma.replace(comma.find('.'), 1, ",");
  EXPECT_TRUE(contains(error_of(comma, KittiFileKind::labels), "decimal comma"));
}

TEST(KittiLabel, FilesOfTheSystemAreNoFrames) {
  const TemporaryFolder folder;
  for (const char* name : {"000008.txt", "._000008.txt", ".DS_Store"})
    write_file_atomically(folder.file(name), label_line + "\n");
  EXPECT_EQ(list_kitti_frames(folder.file(".")), std::vector<std::string>{"000008"});
}

TEST(KittiLabel, WrittenLabelsReadBackTheSame) {
  const std::string text = label_line +
                           "\nDontCare -1.00 -1 -10.00 503.89 169.71 590.61 190.13 -1.00 -1.00 "
                           "-1.00 -1000.00 -1000.00 -1000.00 -10.00\n";
  const auto objects = parse_kitti_objects(text, KittiFileKind::labels, "x");
  EXPECT_EQ(format_kitti_labels(objects), text);
  EXPECT_TRUE(objects[0].has_box3d());
  EXPECT_FALSE(objects[1].has_box3d());
}

TEST(KittiLabel, WrittenResultsHaveSixteenColumnsAndTheScoreInFull) {
  auto objects = parse_kitti_objects(label_line, KittiFileKind::labels, "x");
  objects[0].score = 0.1234567890123;
  objects.push_back(objects[0]);
  objects[1].score = -1e-7;
  const std::string text = format_kitti_results(objects);
  EXPECT_TRUE(contains(text, "Car -1 -1 -1.5700 564.6200 174.5900 ")) << text;
  const auto read = parse_kitti_objects(text, KittiFileKind::results, "x");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].score, 0.1234567890123);
  EXPECT_EQ(read[1].score, -1e-7);
  EXPECT_EQ(read[0].box2d.left, objects[0].box2d.left);
  EXPECT_EQ(read[0].box3d.location, objects[0].box3d.location);
}

// The official kit reads results with one fscanf a line; its %*d takes whole numbers only.
TEST(KittiLabel, WrittenResultsAreReadByTheKitsOwnFormat) {
  auto objects = parse_kitti_objects(label_line, KittiFileKind::labels, "x");
  objects[0].score = 3e-12;
  const std::string text = format_kitti_results(objects);
  char type[32] = "";
  double value[13] = {};
  const int read = std::sscanf(text.c_str(),
                               "%31s %*f %*d %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf %lf",
                               type,
                               &value[0],
                               &value[1],
                               &value[2],
                               &value[3],
                               &value[4],
                               &value[5],
                               &value[6],
                               &value[7],
                               &value[8],
                               &value[9],
                               &value[10],
                               &value[11],
                               &value[12]);
  EXPECT_EQ(read, 14) << text;
  EXPECT_STREQ(type, "Car");
  EXPECT_NEAR(value[1], objects[0].box2d.left - 0.5, 1e-4);
  EXPECT_NEAR(value[11], objects[0].box3d.rotation_y, 1e-4);
  EXPECT_EQ(value[12], 3e-12);
}

TEST(KittiLabel, FoldersRoundTripAndEmptyFramesKeepTheirFile) {
  const TemporaryFolder folder;
  const std::string results = folder.file("results/data");
  auto objects = parse_kitti_objects(label_line + " 0.5", KittiFileKind::results, "x");
  write_kitti_frames(results, {{"000003", objects}, {"000001", {}}}, KittiFileKind::results);
  const std::vector<std::string> frames = list_kitti_frames(results);
  EXPECT_EQ(frames, (std::vector<std::string>{"000001", "000003"}));
  for (int threads : {1, 2}) {
    const auto read = read_kitti_frames(results, frames, KittiFileKind::results, threads);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].frame, "000001");
    EXPECT_TRUE(read[0].objects.empty());
    EXPECT_EQ(format_kitti_results(read[1].objects), format_kitti_results(objects));
  }
  EXPECT_THROW(read_kitti_frame(results, "000002", KittiFileKind::results), UserError);
  EXPECT_THROW(list_kitti_frames(folder.file("nowhere")), UserError);
}

TEST(KittiLabel, FrameListsTakeBlanksAndRefuseDoubles) {
  const TemporaryFolder folder;
  const std::string path = folder.file("val.txt");
  write_file_atomically(path, "000001\r\n 000005 \n\n000003");
  EXPECT_EQ(read_kitti_frame_list(path), (std::vector<std::string>{"000001", "000005", "000003"}));
  const auto message_for = [&](const std::string& text) -> std::string {
    write_file_atomically(path, text);
    try {
      read_kitti_frame_list(path);
    } catch (const UserError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_TRUE(contains(message_for("1\n2\n1\n"), "val.txt:3: frame '1' is listed twice"));
  EXPECT_TRUE(contains(message_for("1\n2 3\n"), "val.txt:2: 2 words"));
  EXPECT_TRUE(contains(message_for("\n"), "lists no frames"));
}

TEST(KittiLabel, RealLabelsReadAndAgreeWithTheirOwnAlpha) {
  const std::string folder = shared_file("kitti_mini/training/label_2");
  if (folder.empty()) GTEST_SKIP() << "../shared/kitti_mini is not here";
  int cars = 0;
  for (const FrameAnnotations& frame :
       read_kitti_frames(folder, list_kitti_frames(folder), KittiFileKind::labels))
    for (const Annotation& object : frame.objects) {
      if (object.category != "Car" || object.truncation > 0) continue;
      const Box3d& box = object.box3d;
      const double alpha =
          alpha_from_rotation_y(box.rotation_y, box.location.x(), box.location.z());
      // KITTI rounds to 0.01 and measures the ray from camera 2, 6 cm off.
      EXPECT_NEAR(angle_difference(alpha, object.alpha), 0, 0.03) << "frame " << frame.frame;
      ++cars;
    }
  EXPECT_GT(cars, 20);
}

}  // namespace
}  // namespace monodr
