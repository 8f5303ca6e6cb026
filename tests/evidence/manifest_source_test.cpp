// SPDX-License-Identifier: Apache-2.0
#include "evidence/manifest_source.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "base/error.h"
#include "evidence/requests.h"
#include "evidence/street_folder.h"

namespace monodr {
namespace {

using nlohmann::json;

const std::string kPictures =
    "[defaults]\npicture = \"training/image_2/*.png\"\nintrinsics = [200, 200, 120, 60]\n";
const std::string kMasks = "masks = \"training/instance_2/{name}.png\"\n";
const std::string kDepth = "depth = \"training/depth_2/{name}.png\"\ndepth_unit = 0.00390625\n";

/// The street of the KITTI tests, as a manifest lists it.
class OwnPictures : public testing::Test {
 protected:
  DatasetRequest request(const std::string& manifest) {
    DatasetRequest request = kitti_request(street_.write("frames.toml", manifest));
    request.source = DataSource::manifest;
    return request;
  }
  Frame read(const std::string& manifest, const std::string& frame = "000000") {
    return ManifestSource(request(manifest)).read(frame);
  }
  std::string error(const std::string& manifest, const std::string& frame = "000000") {
    return message_of<UserError>([&] { read(manifest, frame); });
  }

  StreetFolder street_;
};

TEST_F(OwnPictures, AreSeenAsInKittisLayout) {
  const ObservationSet own = load_observations(request(kPictures + kMasks + kDepth));
  const ObservationSet kitti = load_observations(kitti_request(street_.path()));
  ASSERT_EQ(own.observations.size(), 6u);
  ASSERT_EQ(kitti.observations.size(), 6u);
  EXPECT_EQ(own.frames, kitti.frames);
  for (size_t i = 0; i < 6; ++i) {
    const Observation &a = own.observations[i], &b = kitti.observations[i];
    EXPECT_EQ(a.frame, b.frame);
    EXPECT_EQ(a.category, b.category);
    EXPECT_EQ(a.object, b.object);
    EXPECT_EQ(a.box.left, b.box.left);
    EXPECT_EQ(a.box.bottom, b.box.bottom);
    EXPECT_EQ(a.camera.intrinsics.cx, b.camera.intrinsics.cx);
    EXPECT_EQ(a.image, b.image);
    EXPECT_EQ(a.mask, b.mask);
    EXPECT_EQ(a.known, b.known);
    EXPECT_EQ(a.depth, b.depth);
    EXPECT_EQ(a.depth_deviation, b.depth_deviation);
    EXPECT_EQ(a.free_sides, b.free_sides);
  }
}

TEST_F(OwnPictures, MayBeOfAnySizeWithAFieldOfView) {
  save_png(street_.file("training/image_2/large.png"), ColourImage(1000, 300));
  const std::string manifest =
      "[defaults]\npicture = \"training/image_2/*.png\"\nhorizontal_field_of_view = 90\n" + kMasks;
  const ManifestSource source(request(manifest));
  EXPECT_EQ(source.frames().back(), "large");
  const Intrinsics large = source.view("large").camera.intrinsics;
  EXPECT_NEAR(large.fx, 500, 1e-9) << "half the width over the tangent of 45 degrees";
  EXPECT_EQ(large.cx, 500);
  EXPECT_EQ(large.cy, 150);
  EXPECT_NEAR(source.view("000000").camera.intrinsics.fy, 120, 1e-9);
  expect_says(message_of<UserError>([&] { source.read("large"); }),
              {"'large'", "neither boxes nor masks"});
}

TEST_F(OwnPictures, LabelsAreForTheEvaluationAloneAndMayBeMissing) {
  const std::string manifest = kPictures + kMasks + "labels = \"training/label_2/{name}.txt\"\n";
  std::filesystem::remove(street_.file("training/label_2/000001.txt"));
  const ManifestSource source(request(manifest));
  EXPECT_TRUE(source.has_labels("000000"));
  EXPECT_FALSE(source.has_labels("000001"));
  const auto labels = load_labels(source, source.frames());
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels[1].frame, "000002");
  EXPECT_EQ(labels[0].objects[1].box3d.location.z(), 21);
  // No 3-D column of theirs reaches what is seen.
  const auto first = load_observations(request(manifest)).observations;
  street_.write("training/label_2/000000.txt", StreetFolder::labels("1 1 1 5 5 50 3"));
  const auto second = load_observations(request(manifest)).observations;
  ASSERT_EQ(first.size(), second.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].mask, second[i].mask);
    EXPECT_EQ(first[i].depth, second[i].depth);
    EXPECT_EQ(first[i].box.right, second[i].box.right);
  }
}

TEST_F(OwnPictures, BoxesOfADetectorMeetMasksOrHaveThemCut) {
  for (const char* frame : {"000000", "000001"})
    street_.write(fmt::format("boxes/{}.txt", frame),
                  "Car -1 -1 -10 98.5 48.5 180.5 100.5 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
                  "Car -1 -1 -10 98.5 48.5 181.5 100.5 -1 -1 -1 -1000 -1000 -1000 -10 0.8\n"
                  "Pedestrian -1 -1 -10 5 5 15 45 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
                  "Car -1 -1 -10 5 5 15 45 -1 -1 -1 -1000 -1000 -1000 -10 0.2\n");
  const std::string boxes = "boxes = \"boxes/{name}.txt\"\n";
  const Frame with = read(kPictures + kMasks + boxes);
  ASSERT_EQ(with.objects.size(), 2u) << "without the double and the uncertain one";
  EXPECT_EQ(with.objects[0].object.box.left, 99);
  ASSERT_TRUE(with.instances);
  ASSERT_EQ(with.objects[0].instance, 1);
  EXPECT_EQ((*with.instances)[1].box.left, 100);
  EXPECT_EQ(with.objects[1].instance, -1);

  DatasetRequest cut = request(kPictures + boxes + kDepth);
  cut.on_error = OnError::skip;
  const ObservationSet set = load_observations(cut);
  ASSERT_EQ(set.observations.size(), 2u);
  double area = 0;
  for (const float share : set.observations[0].mask) area += share;
  EXPECT_NEAR(area / std::pow(set.observations[0].crop.scale(), 2), 80 * 50, 0.1 * 80 * 50);
  ASSERT_EQ(set.skipped_frames.size(), 1u);
  expect_says(set.skipped_frames[0].reason, {"boxes/000002.txt", "every frame needs one"});
}

TEST_F(OwnPictures, CocosJsonSaysOfWhatClassAMaskIs) {
  const json near = {{100, 50, 180, 50, 180, 100, 100, 100}},
             far = {{60, 40, 100, 40, 100, 80, 60, 80}};
  const auto coco = [&](const std::string& first, const std::string& second) {
    street_.write(
        "coco.json",
        json{{"images", {{{"id", 1}, {"file_name", first}}, {{"id", 2}, {"file_name", second}}}},
             {"categories", {{{"id", 3}, {"name", "car"}}, {{"id", 1}, {"name", "person"}}}},
             {"annotations",
              {{{"image_id", 1}, {"segmentation", near}, {"category_id", 1}, {"score", 0.8}},
               {{"image_id", 1}, {"segmentation", far}, {"category_id", 3}, {"score", 0.7}}}}}
            .dump());
  };
  coco("C:\\data\\000000.png", "000001.png");
  const std::string manifest = kPictures + "masks = \"coco.json\"\n";
  const Frame frame = read(manifest);
  ASSERT_EQ(frame.objects.size(), 2u);
  EXPECT_EQ(frame.objects[0].object.category, "person");
  EXPECT_EQ(frame.objects[1].object.category, "car");
  EXPECT_EQ(frame.objects[1].object.score, 0.7);
  const ObservationSet cars = load_observations(request(manifest));
  ASSERT_EQ(cars.observations.size(), 1u) << "a person hides and is none";
  EXPECT_EQ(cars.observations[0].score, 0.7);
  EXPECT_EQ(cars.observations[0].box.right, 100);
  EXPECT_TRUE(read(manifest, "000001").instances->empty());
  EXPECT_TRUE(read(manifest, "000002").instances->empty())
      << "not in the list: nothing was found in it";

  coco("left/000007.png", "left/000008.png");
  expect_says(error(manifest), {"coco.json", "none of the 3 pictures", "'000000'"});
}

TEST_F(OwnPictures, OnePictureAnObjectNeedsNoFileWhereNothingStands) {
  Plane<std::uint16_t> mask(240, 140);
  for (int x = 20; x < 60; ++x)
    for (int y = 30; y < 70; ++y) mask.at(x, y) = std::uint16_t(200 + x % 2);  // grey at its border
  std::filesystem::create_directories(street_.file("masks"));
  save_png(street_.file("masks/000000_a.png"), mask);
  const std::string manifest = kPictures + "masks = \"masks/{name}_*.png\"\n";
  const Frame frame = read(manifest);
  ASSERT_EQ(frame.objects.size(), 1u);
  EXPECT_EQ(frame.objects[0].object.box.right, 60);
  EXPECT_TRUE(read(manifest, "000002").objects.empty());
}

/// A .npy array of C order.
std::string npy(const std::string& type, int height, int width, const std::string& data) {
  std::string header = fmt::format(
      "{{'descr': '{}', 'fortran_order': False, 'shape': ({}, {}), }}", type, height, width);
  header.resize((header.size() + 10 + 64) / 64 * 64 - 11, ' ');
  header += '\n';
  const auto size = std::uint16_t(header.size());
  return "\x93NUMPY" + std::string("\1\0", 2) +
         std::string(reinterpret_cast<const char*>(&size), 2) + header + data;
}

TEST_F(OwnPictures, DepthIsReadInEveryFormWithItsUnit) {
  // 10 m on the left half, nothing, infinite and negative values on the right.
  const auto plane_of = [](int width, int height, float unit) {
    cv::Mat plane(height, width, CV_32F, cv::Scalar(10 / unit));
    for (int y = 0; y < height; ++y)
      for (int x = 3 * width / 4; x < width; ++x)
        plane.at<float>(y, x) = x % 3 == 0   ? std::numeric_limits<float>::infinity()
                                : x % 3 == 1 ? std::nanf("")
                                             : -1;
    return plane;
  };
  const auto expect_ten = [&](const std::string& keys) {
    const Frame frame = read(kPictures + kMasks + keys);
    ASSERT_EQ(frame.depth.metres.width, 240) << keys;
    EXPECT_NEAR(frame.depth.metres.at(100, 60), 10, 1e-3) << keys;
    EXPECT_EQ(frame.depth.metres.at(200, 60), 0) << keys;
    EXPECT_FALSE(frame.depth.is_sparse) << keys;
    EXPECT_EQ(frame.depth.relative_deviation, 0.1) << keys;
  };
  const cv::Mat whole = plane_of(240, 140, 1);
  const std::string bytes(reinterpret_cast<const char*>(whole.data), whole.total() * 4);
  street_.write("d.npy", npy("<f4", 140, 240, bytes));
  expect_ten("depth = \"d.npy\"\n");
  cv::imwrite(street_.file("d.tiff"), whole);
  expect_ten("depth = \"d.tiff\"\n");
  cv::imwrite(street_.file("small.tiff"), plane_of(121, 70, 0.01F));  // rounded to whole pixels
  expect_ten("depth = \"small.tiff\"\ndepth_unit = 0.01\n");

  // An EXR needs a switch of OpenCV's that reading, even in vain, must have set.
  street_.write("bad.exr", "\x76\x2f\x31\x01 and no more");
  expect_says(error(kPictures + kMasks + "depth = \"bad.exr\"\n"), {"bad.exr", "damaged"});
  ASSERT_TRUE(cv::imwrite(street_.file("d.exr"), whole));
  expect_ten("depth = \"d.exr\"\n");
  cv::Mat three;
  cv::merge(std::vector<cv::Mat>{whole, whole, whole}, three);
  ASSERT_TRUE(cv::imwrite(street_.file("three.exr"), three)) << "as Blender writes it";
  expect_ten("depth = \"three.exr\"\n");

  cv::Mat millimetres(140, 240, CV_16U, cv::Scalar(10000));
  millimetres.colRange(180, 240) = 65535;
  cv::imwrite(street_.file("d.png"), millimetres);
  expect_ten("depth = \"d.png\"\ndepth_unit = 0.001\ndepth_invalid = 65535\n");
}

TEST_F(OwnPictures, DepthThatCannotBeMeantIsAnError) {
  const auto message = [&](const std::string& file) {
    return error(kPictures + kMasks + "depth = \"" + file + "\"\n");
  };
  cv::imwrite(street_.file("16.png"), cv::Mat(140, 240, CV_16U, cv::Scalar(10)));
  expect_says(message("16.png"), {"16.png", "whole numbers", "depth_unit"});
  cv::imwrite(street_.file("8.png"), cv::Mat(140, 240, CV_8U, cv::Scalar(10)));
  expect_says(message("8.png"), {"8.png", "8 bits"});
  cv::imwrite(street_.file("shape.tiff"), cv::Mat(100, 100, CV_32F, cv::Scalar(10)));
  expect_says(message("shape.tiff"), {"shape.tiff", "100x100", "240x140", "whole picture"});
  cv::imwrite(street_.file("colour.png"), cv::Mat(140, 240, CV_16UC3, cv::Scalar(1, 2, 3)));
  expect_says(message("colour.png"), {"colour.png", "channels that differ"});
  street_.write("text.npy", "10 10 10");
  expect_says(message("text.npy"), {"text.npy", "NumPy"});
}

TEST_F(OwnPictures, TheRoadIsLookedForBelowTheStatedHeightOfTheCamera) {
  EXPECT_EQ(ManifestSource(request(kPictures + kMasks)).view("000000").ground.highest, 1.2);
  const Frame frame = read(kPictures + kMasks + "camera_height = 4\n");
  EXPECT_NEAR(frame.evidence.ground.highest, 3.55, 1e-12);
  // Points 4 m below a camera: KITTI's range takes those above 2.1 m for the object's.
  DepthMap depth;
  depth.metres = Plane<float>(240, 140);
  for (int y = 100; y < 140; ++y) depth.metres.at(120, y) = float(4 * 200 / (y + 0.5 - 60));
  const double z = depth.metres.at(120, 120);
  const Box2d box{100, 100, 140, 140};
  EXPECT_NEAR(
      locus_at(z, depth, frame.evidence.camera, box, frame.evidence.ground).ground, 4, 1e-3);
  EXPECT_EQ(locus_at(z, depth, frame.evidence.camera, box).ground, 2.3);
}

TEST_F(OwnPictures, LidarIsSeenAsTheDepthThatItsPointsHave) {
  // Points in a frame of its own (x forward, z up, turned and shifted), one for each sixth pixel.
  const Eigen::Matrix3d turn = Eigen::AngleAxisd(0.1, Eigen::Vector3d(1, 2, 3).normalized()) *
                               (Eigen::Matrix3d() << 0, -1, 0, 0, 0, -1, 1, 0, 0).finished();
  const Eigen::Vector3d shift(0.3, -0.2, 0.5);
  std::string points, rows;
  for (int y = 3; y < 140; y += 6)
    for (int x = 3; x < 240; x += 6) {
      const double z = 8 + 0.05 * x;
      const Eigen::Vector3d seen((x + 0.5 - 120) / 200 * z, (y + 0.5 - 60) / 200 * z, z);
      const Eigen::Vector3d own = turn.transpose() * (seen - shift);
      const float four[4] = {float(own.x()), float(own.y()), float(own.z()), 0.5F};
      points.append(reinterpret_cast<const char*>(four), sizeof four);
      rows.append(reinterpret_cast<const char*>(four), 3 * sizeof(float));
    }
  street_.write("scan.bin", points);
  street_.write("scan.npy", npy("<f4", int(rows.size() / 12), 3, rows));
  std::string pose = "lidar_pose = [";
  for (int i = 0; i < 3; ++i)
    pose += fmt::format("[{}, {}, {}, {}], ", turn(i, 0), turn(i, 1), turn(i, 2), shift[i]);
  for (const char* file : {"scan.bin", "scan.npy"}) {
    const Frame frame = read(kPictures + kMasks + pose + "]\nlidar = \"" + file + "\"\n");
    EXPECT_TRUE(frame.depth.is_sparse);
    EXPECT_NEAR(frame.depth.metres.at(33, 63), 8 + 0.05 * 33, 1e-4) << file;
    EXPECT_EQ(frame.depth.metres.at(34, 63), 0) << file;
  }
}

TEST_F(OwnPictures, ATiltedRoadFallsWithTheDistance) {
  const Frame frame = read(kPictures + kMasks + "ground_plane = [0, -1, 0.1, 1.65]\n");
  const GroundRange far = frame.evidence.ground.at(20);
  EXPECT_NEAR((far.highest + far.lowest) / 2, 1.75 + 2, 1e-9);
  DepthMap depth;
  depth.metres = Plane<float>(240, 140);
  for (int y = 100; y < 140; ++y)
    depth.metres.at(120, y) = float(1.65 / ((y + 0.5 - 60) / 200 - 0.1));
  const double z = depth.metres.at(120, 110);
  const Box2d box{100, 90, 140, 140};
  const double ground =
      locus_at(z, depth, frame.evidence.camera, box, frame.evidence.ground).ground;
  EXPECT_NEAR(ground, 1.65 + 0.1 * z, 0.3);
  EXPECT_EQ(locus_at(z, depth, frame.evidence.camera, box).ground, 2.3) << "a level road is nearer";
}

/// OpenCV's model, written out in double: where the ray through an undistorted pixel falls.
Eigen::Vector2d distorted(const Eigen::Vector2d& pixel, const std::array<double, 5>& c) {
  const double x = (pixel.x() - 120) / 200, y = (pixel.y() - 60) / 200, r = x * x + y * y;
  const double radial = 1 + c[0] * r + c[1] * r * r + c[4] * r * r * r;
  return {120 + 200 * (x * radial + 2 * c[2] * x * y + c[3] * (r + 2 * x * x)),
          60 + 200 * (y * radial + c[2] * (r + 2 * y * y) + 2 * c[3] * x * y)};
}

TEST_F(OwnPictures, PictureMasksDepthAndBoxesAreUndistortedAlike) {
  const std::array<double, 5> coefficients = {-0.3, 0.1, 0.002, -0.003, 0.01};
  const std::string keys =
      kPictures + kMasks + kDepth +
      "distortion = [-0.3, 0.1, 0.002, -0.003, 0.01]\nboxes = \"boxes/{name}.txt\"\n";
  const Eigen::Vector2d truth(203.5, 28.5), seen = distorted(truth, coefficients);
  ASSERT_GT((seen - truth).norm(), 3);
  ColourImage image(240, 140);
  Plane<std::uint16_t> ids(240, 140), depth(240, 140, 256 * 30);
  for (int y = 0; y < 140; ++y)
    for (int x = 0; x < 240; ++x) {
      const Eigen::Vector2d away = Eigen::Vector2d(x + 0.5, y + 0.5) - seen;
      image.pixel(x, y)[0] = std::uint8_t(255 * std::exp(-away.squaredNorm() / 8));
      if (away.cwiseAbs().maxCoeff() > 3) continue;
      ids.at(x, y) = 1;
      depth.at(x, y) = 256 * 10;
    }
  save_png(street_.file("training/image_2/000000.png"), image);
  save_png(street_.file("training/instance_2/000000.png"), ids);
  save_png(street_.file("training/depth_2/000000.png"), depth);
  for (const char* frame : {"000000", "000001", "000002"})
    street_.write(fmt::format("boxes/{}.txt", frame),
                  fmt::format("Car -1 -1 -10 {} {} {} {} -1 -1 -1 -1000 -1000 -1000 -10 0.9\n",
                              seen.x() - 1.5,
                              seen.y() - 1.5,
                              seen.x() + 0.5,
                              seen.y() + 0.5));
  const Frame frame = read(keys);
  const auto centre = [](const Box2d& box) {
    return Eigen::Vector2d((box.left + box.right) / 2, (box.top + box.bottom) / 2);
  };
  EXPECT_LT((centre(frame.objects.at(0).object.box) - truth).norm(), 0.1);
  EXPECT_LT((centre(frame.instances->at(0).box) - truth).norm(), 1);
  EXPECT_NEAR(frame.instances->at(0).depth, 10, 1e-3);
  Eigen::Vector3d red(0, 0, 0);
  for (int y = 0; y < 140; ++y)
    for (int x = 0; x < 240; ++x)
      red += frame.evidence.image.pixel(x, y)[0] * Eigen::Vector3d(x + 0.5, y + 0.5, 1);
  EXPECT_LT((red.head<2>() / red.z() - truth).norm(), 0.2);
}

}  // namespace
}  // namespace monodr
