// SPDX-License-Identifier: Apache-2.0
// The two networks of ../shared/networks, with the tables of experiments/networks, against what their own authors'
// code gives: boxes to half a pixel, masks to an overlap of 0.98, depth to one percent.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/toml_tree.h"
#include "data/boxes2d.h"
#include "data/kitti_calibration.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "plugin/depth_estimator.h"
#include "plugin/detector.h"
#include "plugin/registry.h"
#include "shared_files.h"
#include "small_networks.h"

namespace monodr {
namespace {

const char* const kFrames[] = {"000008", "000010", "000036"};

/// The table [KIND.onnx] of an experiment's file, with the model in ../shared and other values where they are given.
Parameters parameters_of(Registry& registry,
                         PluginKind kind,
                         const std::string& file,
                         const GivenParameters& others = {}) {
  const std::string path =
      std::string(std::getenv("MONODR_SOURCE_DIR")) + "/experiments/networks/" + file;
  const TomlNode root = read_toml(path);
  const auto& tree = std::get<TomlNode::Table>(root.value);
  const auto& section =
      std::get<TomlNode::Table>(find_entry(tree, std::string(to_string(kind)))->node.value);
  GivenParameters given_values;
  for (const TomlEntry& entry : std::get<TomlNode::Table>(find_entry(section, "onnx")->node.value))
    given_values[entry.key] = to_given_value(entry);
  const std::string model = std::get<std::string>(given_values.at("model").value);
  given_values["model"] = given(shared_file("networks/" + model.substr(model.rfind('/') + 1)));
  for (const auto& [key, value] : others) given_values[key] = value;
  return {registry.find(kind, "onnx").info.parameters, given_values, "networks"};
}

ColourImage picture_of(const std::string& frame) {
  return load_colour_image(shared_file("kitti_mini/training/image_2/" + frame + ".png"));
}

double overlap_of(const BinaryMask& a, const Plane<std::uint16_t>& b) {
  double common = 0, either = 0;
  for (size_t i = 0; i < a.values.size(); ++i) {
    common += a.values[i] != 0 && b.values[i] != 0;
    either += a.values[i] != 0 || b.values[i] != 0;
  }
  return either > 0 ? common / either : 1;
}

TEST(RealNetworks, YoloGivesTheReferencesBoxesAndMasks) {
  if (shared_file("networks/yolov5n-seg.onnx").empty()) GTEST_SKIP() << "no ../shared/networks";
  Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
  const auto detector = registry.make<Detector>(
      "onnx", parameters_of(registry, PluginKind::detector, "yolov5n-seg.toml"));
  double worst_box = 0, worst_mask = 1;
  for (const std::string frame : kFrames) {
    const ColourImage picture = picture_of(frame);
    const auto found = detector->detect({&picture, 1}).at(0);
    std::vector<const FoundObject*> cars;
    for (const FoundObject& object : found)
      if (object.category == "Car") cars.push_back(&object);
    const auto expected = read_boxes2d(
        shared_file("networks/expected/" + frame + ".detections.txt"), BoxFile::detections);
    ASSERT_EQ(cars.size(), expected.size()) << frame;
    for (size_t i = 0; i < expected.size(); ++i) {
      const Box2d& a = cars[i]->box;
      const Box2d& b = expected[i].box;
      for (const double off :
           {a.left - b.left, a.top - b.top, a.right - b.right, a.bottom - b.bottom})
        worst_box = std::max(worst_box, std::abs(off));
      EXPECT_NEAR(cars[i]->score, expected[i].score, 0.001) << frame << " " << i;
      const auto mask = load_plane16(
          shared_file("networks/expected/" + frame + "_" + std::to_string(i) + ".mask.png"));
      const double overlap = overlap_of(cars[i]->mask, mask);
      EXPECT_GE(overlap, 0.98) << frame << " " << i << ", " << b.width() << " x " << b.height()
                               << " px";
      worst_mask = std::min(worst_mask, overlap);
    }
  }
  EXPECT_LE(worst_box, 0.5);
  RecordProperty("worst_box_px", std::to_string(worst_box));
  RecordProperty("worst_mask_overlap", std::to_string(worst_mask));
  std::cout << "boxes within " << worst_box << " px, masks overlap by " << worst_mask << "\n";
}

std::unique_ptr<DepthEstimator> monodepth(Registry& registry, bool mirror) {
  return registry.make<DepthEstimator>("onnx",
                                       parameters_of(registry,
                                                     PluginKind::depth_estimator,
                                                     "rt-monodepth-s.toml",
                                                     {{"mirror", given(mirror)}}));
}

CameraPicture camera_picture_of(const std::string& frame) {
  return {
      picture_of(frame),
      read_kitti_calibration(shared_file("kitti_mini/training/calib/" + frame + ".txt")).camera};
}

TEST(RealNetworks, RtMonoDepthGivesTheReferencesDepth) {
  if (shared_file("networks/rt-monodepth-s.onnx").empty()) GTEST_SKIP() << "no ../shared/networks";
  Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
  const auto estimator = monodepth(registry, false);
  double worst = 0;
  for (const std::string frame : kFrames) {
    const CameraPicture picture = camera_picture_of(frame);
    const EstimatedDepth depth = estimator->estimate({&picture, 1}).at(0);
    const Plane<std::uint16_t> expected =
        load_plane16(shared_file("networks/expected/" + frame + ".depth.png"));
    for (size_t i = 0; i < expected.values.size(); ++i) {
      const double z = expected.values[i] / 256.0;
      if (z > 0 && z < 200) worst = std::max(worst, std::abs(depth.metres.values[i] / z - 1));
    }
  }
  EXPECT_LE(worst, 0.01);
  std::cout << "depth within " << 100 * worst << " %\n";
}

// LiDAR is the judge: errors of a picture and of its mirror image are partly others.
TEST(RealNetworks, TheMirrorImageMakesDepthMoreRight) {
  if (shared_file("networks/rt-monodepth-s.onnx").empty()) GTEST_SKIP() << "no ../shared/networks";
  Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
  double error[2] = {0, 0};
  int count = 0;
  for (const std::string frame : {"000000", "000003", "000006", "000010", "000013", "000019"}) {
    const CameraPicture picture = camera_picture_of(frame);
    const Plane<std::uint16_t> lidar =
        load_plane16(shared_file("kitti_mini/training/depth_2/" + frame + ".png"));
    count += static_cast<int>(
        std::count_if(lidar.values.begin(), lidar.values.end(), [](auto z) { return z > 0; }));
    for (const bool mirror : {false, true}) {
      const EstimatedDepth depth = monodepth(registry, mirror)->estimate({&picture, 1}).at(0);
      for (size_t i = 0; i < lidar.values.size(); ++i)
        if (lidar.values[i] > 0)
          error[mirror] += std::abs(depth.metres.values[i] / (lidar.values[i] / 256.0) - 1);
    }
  }
  std::cout << "AbsRel " << error[0] / count << ", with the mirror image " << error[1] / count
            << "\n";
  EXPECT_LT(error[1], error[0]);
}

}  // namespace
}  // namespace monodr
