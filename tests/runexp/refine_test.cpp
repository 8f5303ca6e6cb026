// SPDX-License-Identifier: Apache-2.0
//
// `runexp refine` from the mesh's file to the box, with the real worker: a body that is drawn is found again.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <opencv2/imgcodecs.hpp>

#include "geometry/mesh_file.h"
#include "geometry/rotation.h"
#include "runexp/runexp_fixture.h"

namespace monodr {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr int kWidth = 640, kHeight = 400;
constexpr double kFocal = 600;

/// A box's surface in squares of about `step` metres.
void add_box(const Eigen::Vector3f& low, const Eigen::Vector3f& high, float step, Mesh& mesh) {
  for (int axis = 0; axis < 3; ++axis)
    for (const bool far : {false, true}) {
      const int u = (axis + 1) % 3, v = (axis + 2) % 3;
      const Eigen::Vector3f extent = high - low;
      const int across = std::max(1, static_cast<int>(std::lround(extent[u] / step)));
      const int down = std::max(1, static_cast<int>(std::lround(extent[v] / step)));
      const int first = static_cast<int>(mesh.vertices.size());
      for (int i = 0; i <= across; ++i)
        for (int j = 0; j <= down; ++j) {
          Eigen::Vector3f vertex = far ? high : low;
          vertex[u] = low[u] + extent[u] * static_cast<float>(i) / static_cast<float>(across);
          vertex[v] = low[v] + extent[v] * static_cast<float>(j) / static_cast<float>(down);
          mesh.vertices.push_back(vertex);
        }
      for (int i = 0; i < across; ++i)
        for (int j = 0; j < down; ++j) {
          const int a = first + i * (down + 1) + j, b = a + down + 1;
          mesh.faces.push_back(far ? std::array{a, b, b + 1} : std::array{a, b + 1, b});
          mesh.faces.push_back(far ? std::array{a, b + 1, a + 1} : std::array{a, a + 1, b + 1});
        }
    }
}

/// A long bonnet, a cabin near the rear: x forward, y down, 4.2 x 1.5 x 1.7 m.
Mesh car(float step) {
  Mesh mesh;
  add_box({-2.1F, 0, -0.85F}, {2.1F, 0.75F, 0.85F}, step, mesh);
  add_box({-1.9F, -0.75F, -0.75F}, {0.3F, 0, 0.75F}, step, mesh);
  return mesh;
}

struct Pose {
  Eigen::Vector3d centre;
  double rotation_y;
};

/// Its z-buffer, metres; 0 where it is not seen.
cv::Mat_<float> drawn(const Mesh& mesh, const Pose& pose) {
  cv::Mat_<float> depth(kHeight, kWidth, 0.0F);
  std::vector<Eigen::Vector3d> seen;
  for (const Eigen::Vector3f& vertex : mesh.vertices) {
    const Eigen::Vector3d p = yaw_matrix(pose.rotation_y) * vertex.cast<double>() + pose.centre;
    seen.emplace_back(
        kFocal * p.x() / p.z() + kWidth / 2.0, kFocal * p.y() / p.z() + kHeight / 2.0, 1 / p.z());
  }
  for (const auto& [i, j, k] : mesh.faces) {
    const Eigen::Vector3d &a = seen[i], &b = seen[j], &c = seen[k];
    const auto area = [](const Eigen::Vector3d& p, const Eigen::Vector3d& q, double x, double y) {
      return (q.x() - p.x()) * (y - p.y()) - (q.y() - p.y()) * (x - p.x());
    };
    const double whole = area(a, b, c.x(), c.y());
    if (std::abs(whole) < 1e-12) continue;
    const auto least = [&](int axis) { return std::min({a[axis], b[axis], c[axis]}); };
    const auto most = [&](int axis) { return std::max({a[axis], b[axis], c[axis]}); };
    for (int y = static_cast<int>(least(1)); y <= static_cast<int>(most(1)); ++y)
      for (int x = static_cast<int>(least(0)); x <= static_cast<int>(most(0)); ++x) {
        const double wa = area(b, c, x + 0.5, y + 0.5) / whole;
        const double wb = area(c, a, x + 0.5, y + 0.5) / whole, wc = 1 - wa - wb;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const auto z = static_cast<float>(1 / (wa * a.z() + wb * b.z() + wc * c.z()));
        float& there = depth(y, x);
        if (there == 0 || z < there) there = z;
      }
  }
  return depth;
}

class Refine : public testing::Test {
 protected:
  /// Writes what a camera sees of it, and its mesh.
  void see(const Pose& pose, float step = 0.4F) {
    const Mesh mesh = car(step);
    write_file_atomically(folder_.file("car.obj"), format_obj(mesh));
    const cv::Mat_<float> depth = drawn(mesh, pose);
    const cv::Mat mask = depth > 0;
    cv::imwrite(folder_.file("mask.png"), mask);
    cv::imwrite(folder_.file("depth.tiff"), depth);
    cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar(120, 130, 110));
    picture.setTo(cv::Scalar(40, 60, 150), mask);
    cv::imwrite(folder_.file("street.png"), picture);
  }

  json refined(Words more) {
    Words words{binary("runexp"),
                "refine",
                "car.obj",
                "--picture",
                "street.png",
                "--mask",
                "mask.png",
                "--intrinsics",
                fmt::format("{},{},{},{}", kFocal, kFocal, kWidth / 2, kHeight / 2),
                "-o",
                "out",
                "-q"};
    words.insert(words.end(), more.begin(), more.end());
    Program program(words, {"OMP_NUM_THREADS=1"}, folder_.path());  // threads that wait spin
    program.wait();
    EXPECT_EQ(program.exit_code(), 0) << program.errors();
    if (program.exit_code() != 0) return {};
    const json all = json::parse(read_file(folder_.file("out/detections.json")));
    const json& objects = all.at("frames").at(0).at("objects");
    EXPECT_EQ(objects.size(), 1u);
    return objects.at(0);
  }

  static double degrees_off(const json& object, const Pose& pose) {
    return 180 / M_PI * angle_difference(object.at("rotation_y").get<double>(), pose.rotation_y);
  }
  static Eigen::Vector3d centre(const json& object) {
    const auto place = object.at("location").get<std::array<double, 3>>();
    const double height = object.at("dimensions").at(0).get<double>();
    return {place[0], place[1] - height / 2, place[2]};
  }

  TemporaryFolder folder_;
};

/// With depth the size need not be known, nor is the blur's width in the range.
TEST_F(Refine, WithDepthFindsPoseAndSize) {
  const Pose pose{{1.2, 0.9, 14}, 0.6};
  see(pose);
  const json object = refined({"--depth", "depth.tiff", "--height", "1.35"});
  ASSERT_TRUE(object.is_object());
  EXPECT_LT((centre(object) - pose.centre).norm(), 0.05);
  EXPECT_LT(degrees_off(object, pose), 2);
  EXPECT_NEAR(object.at("dimensions").at(2).get<double>(), 4.2, 0.1);
  EXPECT_TRUE(std::filesystem::exists(folder_.file("out/street.png")));
}

/// Without depth the height says how far away it is, and no search says how it is turned.
TEST_F(Refine, WithoutDepthFindsThePoseFromTheMask) {
  for (const double rotation_y : {0.3, 2.2, -1.2, -2.8}) {
    const Pose pose{{1.2, 0.9, 14}, rotation_y};
    see(pose);
    const json object = refined({});
    ASSERT_TRUE(object.is_object());
    EXPECT_LT(degrees_off(object, pose), 2) << rotation_y;
    EXPECT_LT((centre(object) - pose.centre).norm(), 0.2) << rotation_y;
  }
}

/// As `data annotate` and many a tool write it; in a picture of ids 65535 is no object.
TEST_F(Refine, AMaskOfSixteenBitsIsAMask) {
  const Pose pose{{1.2, 0.9, 14}, 0.6};
  see(pose);
  cv::Mat mask;
  cv::imread(folder_.file("mask.png"), cv::IMREAD_UNCHANGED).convertTo(mask, CV_16U, 257);
  cv::imwrite(folder_.file("mask.png"), mask);
  const json object = refined({"--depth", "depth.tiff"});
  ASSERT_TRUE(object.is_object());
  EXPECT_LT(degrees_off(object, pose), 2);
}

TEST_F(Refine, SaysWhatIsWrong) {
  see({{1.2, 0.9, 14}, 0.6});
  Program program(
      {binary("runexp"), "refine", "car.obj", "--picture", "street.png"}, {}, folder_.path());
  program.wait();
  EXPECT_NE(program.exit_code(), 0);
  EXPECT_THAT(program.errors(), HasSubstr("mask"));
}

}  // namespace
}  // namespace monodr
