// SPDX-License-Identifier: Apache-2.0
#include "synthetic/synthetic.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "data/kitti_calibration.h"
#include "data/kitti_label.h"
#include "evidence/image.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"
#include "plugin/shape_prior.h"
#include "synthetic/scene.h"
#include "synthetic/scene_renderer.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

// A folder that goes away with the test.
class Scratch {
 public:
  Scratch() {
    static int count = 0;
    path_ = fs::temp_directory_path() / fmt::format("monodr-synthetic-{}-{}", getpid(), count++);
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::map<std::string, std::string> hashes(const fs::path& folder) {
  std::map<std::string, std::string> result;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      result[fs::relative(entry.path(), folder)] = sha256_of_file(entry.path());
  return result;
}

std::vector<Eigen::Vector3d> obj_vertices(const std::string& path) {
  std::ifstream stream(path);
  std::vector<Eigen::Vector3d> vertices;
  for (std::string line; std::getline(stream, line);) {
    double x, y, z;
    if (std::sscanf(line.c_str(), "v %lf %lf %lf", &x, &y, &z) == 3) vertices.emplace_back(x, y, z);
  }
  return vertices;
}

// The frames of one set, made once for all tests that read it.
class SyntheticSet : public testing::Test {
 protected:
  static constexpr int frame_count = 6;
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    SynthesisOptions options;
    options.frames = frame_count;
    options.seed = 11;
    options.output = *scratch_ / "set";
    options.threads = 2;
    ASSERT_TRUE(synthesize(options));
  }
  static void TearDownTestSuite() { delete scratch_; }

  static std::string file(const std::string& kind, int frame, const std::string& extension) {
    return *scratch_ / fmt::format("set/training/{}/{:06d}.{}", kind, frame, extension);
  }
  static std::vector<Annotation> labels(int frame) {
    return read_kitti_frame(*scratch_ / "set/training/label_2",
                            fmt::format("{:06d}", frame),
                            KittiFileKind::labels)
        .objects;
  }
  static Camera camera(int frame) {
    Camera camera = read_kitti_calibration(file("calib", frame, "txt")).camera;
    camera.width = 1242;
    camera.height = 375;
    return camera;
  }
  static Scratch* scratch_;
};
Scratch* SyntheticSet::scratch_ = nullptr;

TEST_F(SyntheticSet, SameSeedSameBytesWhateverTheThreads) {
  SynthesisOptions options;
  options.frames = frame_count;
  options.seed = 11;
  options.output = *scratch_ / "again";
  options.threads = 1;
  ASSERT_TRUE(synthesize(options));
  const auto first = hashes(scratch_->path() / "set"), second = hashes(scratch_->path() / "again");
  EXPECT_EQ(first, second);
  EXPECT_GT(first.size(), 6u * frame_count);

  options.seed = 12;
  options.frames = 1;
  options.output = *scratch_ / "other";
  ASSERT_TRUE(synthesize(options));
  EXPECT_NE(hashes(scratch_->path() / "other").at("training/image_2/000000.png"),
            first.at("training/image_2/000000.png"));
}

TEST_F(SyntheticSet, IsMadeOnceAndNeverOverAnother) {
  SynthesisOptions options;
  options.frames = frame_count;
  options.seed = 11;
  options.output = *scratch_ / "set";
  EXPECT_FALSE(synthesize(options));
  options.seed = 13;
  EXPECT_THROW(synthesize(options), UserError);
  options.frames = 0;
  EXPECT_THROW(synthesize(options), UserError);
  for (const auto& entry : fs::directory_iterator(scratch_->path()))
    EXPECT_EQ(entry.path().string().find(".partial"), std::string::npos);
}

TEST_F(SyntheticSet, CalibrationIsTheScenesCamera) {
  const Camera read = camera(0), scene = kitti_camera();
  EXPECT_NEAR(read.intrinsics.fx, scene.intrinsics.fx, 1e-6);
  EXPECT_NEAR(read.intrinsics.cx, scene.intrinsics.cx, 1e-6);
  EXPECT_NEAR(read.intrinsics.cy, scene.intrinsics.cy, 1e-6);
  EXPECT_LT((read.offset - scene.offset).norm(), 1e-6);
}

TEST_F(SyntheticSet, LabelsAgreeWithMasksDepthAndMeshes) {
  for (int frame = 0; frame < frame_count; ++frame) {
    const std::vector<Annotation> objects = labels(frame);
    const Plane<std::uint16_t> ids = load_plane16(file("instance_2", frame, "png"));
    const Plane<std::uint16_t> depth = load_plane16(file("depth_2", frame, "png"));
    const Camera view = camera(frame);
    ASSERT_FALSE(objects.empty());
    for (const std::uint16_t id : ids.values)
      ASSERT_TRUE(id <= objects.size() || id == unlabelled_instance);
    for (size_t i = 0; i < objects.size(); ++i) {
      SCOPED_TRACE(fmt::format("frame {} object {}", frame, i));
      const Annotation& label = objects[i];
      EXPECT_EQ(label.category, "Car");
      EXPECT_NEAR(label.alpha,
                  alpha_from_rotation_y(
                      label.box3d.rotation_y, label.box3d.location.x(), label.box3d.location.z()),
                  .02);

      // The true mesh, put where the label says, gives the 2-D box.
      const auto vertices =
          obj_vertices(*scratch_ / fmt::format("set/training/meshes/{:06d}_{}.obj", frame, i));
      ASSERT_GT(vertices.size(), 1000u);
      const Eigen::Vector3d size(label.box3d.length, label.box3d.height, label.box3d.width);
      Box2d whole{1e9, 1e9, -1e9, -1e9};
      for (const Eigen::Vector3d& v : vertices) {
        ASSERT_LT(v.cwiseAbs().maxCoeff(), .5 + 1e-5);
        const Eigen::Vector2d p = view.project(
            yaw_matrix(label.box3d.rotation_y) * v.cwiseProduct(size) + label.box3d.centre());
        whole = {std::min(whole.left, p.x()),
                 std::min(whole.top, p.y()),
                 std::max(whole.right, p.x()),
                 std::max(whole.bottom, p.y())};
      }
      const Box2d inside = whole.clipped_to(1242, 375);
      const double tolerance = .5 + 12 / label.box3d.location.z();  // two decimals of the label
      EXPECT_NEAR(inside.left, label.box2d.left, tolerance);
      EXPECT_NEAR(inside.top, label.box2d.top, tolerance);
      EXPECT_NEAR(inside.right, label.box2d.right, tolerance);
      EXPECT_NEAR(inside.bottom, label.box2d.bottom, tolerance);
      EXPECT_NEAR(label.truncation, 1 - inside.area() / whole.area(), .03);

      // The mask lies in the box, and touches its sides where nothing hides the car.
      Box2d mask{1e9, 1e9, -1e9, -1e9};
      int pixels = 0;
      const double reach = std::hypot(label.box3d.length, label.box3d.width) / 2;
      for (int y = 0; y < ids.height; ++y)
        for (int x = 0; x < ids.width; ++x) {
          if (ids.at(x, y) != i + 1) continue;
          ++pixels;
          mask = {std::min(mask.left, double(x)),
                  std::min(mask.top, double(y)),
                  std::max(mask.right, x + 1.0),
                  std::max(mask.bottom, y + 1.0)};
          const double metres = depth.at(x, y) / 256.0;
          ASSERT_NEAR(metres, label.box3d.location.z() + view.offset.z(), reach + .1);
        }
      EXPECT_GT(pixels, 50);
      EXPECT_GE(mask.left, label.box2d.left - 1);
      EXPECT_GE(mask.top, label.box2d.top - 1);
      EXPECT_LE(mask.right, label.box2d.right + 1);
      EXPECT_LE(mask.bottom, label.box2d.bottom + 1);
      if (label.occlusion == 0) {
        EXPECT_GT(intersection_over_union(mask, label.box2d), .85);
      }
    }
  }
}

TEST_F(SyntheticSet, MasksAreThePointsOfTheMeshNearestToTheCamera) {
  // Every vertex that projects to a pixel of its own mask lies at or behind the depth there.
  const std::vector<Annotation> objects = labels(0);
  const Plane<std::uint16_t> ids = load_plane16(file("instance_2", 0, "png"));
  const Plane<std::uint16_t> depth = load_plane16(file("depth_2", 0, "png"));
  const Camera view = camera(0);
  for (size_t i = 0; i < objects.size(); ++i) {
    const Box3d& box = objects[i].box3d;
    const Eigen::Vector3d size(box.length, box.height, box.width);
    int on_mask = 0, all = 0, before_surface = 0;
    for (const Eigen::Vector3d& v :
         obj_vertices(*scratch_ / fmt::format("set/training/meshes/000000_{}.obj", i))) {
      const Eigen::Vector3d point =
          yaw_matrix(box.rotation_y) * v.cwiseProduct(size) + box.centre();
      const Eigen::Vector2d p = view.project(point);
      const int x = static_cast<int>(std::floor(p.x())), y = static_cast<int>(std::floor(p.y()));
      if (!ids.contains(x, y)) continue;
      ++all;
      if (ids.at(x, y) != i + 1) continue;
      ++on_mask;
      before_surface += point.z() + view.offset.z() < depth.at(x, y) / 256.0 - .1;
    }
    // Where the surface is seen at a slant, depth changes by more than that within a pixel.
    EXPECT_LT(before_surface, .02 * on_mask);
    if (objects[i].occlusion == 0) {
      EXPECT_GT(on_mask, .95 * all);
    }
  }
}

TEST(RandomScene, KeepsItsPromises) {
  int cars = 0, partly = 0, truncated = 0;
  for (int frame = 0; frame < 40; ++frame) {
    const Scene scene = random_scene(21, frame);
    EXPECT_NEAR(scene.camera_height, 1.65, .16);
    EXPECT_LE(scene.cars.size(), 5u);
    const std::vector<double> hidden = hidden_shares(scene);
    for (size_t i = 0; i < scene.cars.size(); ++i) {
      const Box3d& box = scene.cars[i].box;
      ++cars;
      partly += hidden[i] > .05;
      EXPECT_LE(hidden[i], .45);
      const double cut = truncation(amodal_box(scene.cars[i], scene.camera), scene.camera);
      EXPECT_LE(cut, .30 + 1e-9);
      truncated += cut > .02;
      EXPECT_GE(box.location.z(), 6 - 1e-9);
      EXPECT_LE(box.location.z(), 45 + 1e-9);
      EXPECT_DOUBLE_EQ(box.location.y(), scene.camera_height);
      for (size_t j = 0; j < i; ++j) EXPECT_EQ(footprint_intersection(box, scene.cars[j].box), 0);
    }
  }
  EXPECT_GT(cars, 100);
  EXPECT_NEAR(static_cast<double>(partly) / cars, .25, .12);
  EXPECT_GT(truncated, 5);
}

TEST(RandomScene, NoSceneCarIsInTheTrainingCorpus) {
  // Sizes are continuous numbers: two draws of the same stream would agree in all three.
  std::set<std::array<float, 3>> trained;
  for (const std::uint64_t seed : {0, 1})
    for (int i = 0; i < 300; ++i) {
      Random random(seed, "training car", i);
      const Eigen::Vector3f d = random_car(random).dimensions;
      trained.insert({d[0], d[1], d[2]});
    }
  for (const std::uint64_t seed : {0, 1})
    for (int frame = 0; frame < 10; ++frame)
      for (const SceneCar& car : random_scene(seed, frame).cars) {
        const Eigen::Vector3f& d = car.parameters.dimensions;
        EXPECT_EQ(trained.count({d[0], d[1], d[2]}), 0u);
      }
}

TEST(Synthesize, StopsWithTheFrameThatMakesEnoughCars) {
  Scratch scratch;
  SynthesisOptions options;
  options.objects = 7;
  options.seed = 2;
  options.output = scratch / "set";
  double last = 0;
  synthesize(options, [&last](double share) { last = share; });
  EXPECT_DOUBLE_EQ(last, 1);
  const std::string labels = scratch / "set/training/label_2";
  size_t cars = 0, before_last = 0;
  const std::vector<std::string> frames = list_kitti_frames(labels);
  for (const std::string& frame : frames) {
    before_last = cars;
    cars += read_kitti_frame(labels, frame, KittiFileKind::labels).objects.size();
  }
  EXPECT_GE(cars, 7u);
  EXPECT_LT(before_last, 7u);
  EXPECT_EQ(read_kitti_frame_list(scratch / "set/ImageSets/all.txt"), frames);
}

TEST(Synthesize, FingerprintTellsSetsApart) {
  SynthesisOptions a;
  a.frames = 3;
  SynthesisOptions b = a;
  b.output = "elsewhere";
  b.threads = 7;
  EXPECT_EQ(synthetic_fingerprint(a), synthetic_fingerprint(b));
  b.seed = 1;
  EXPECT_NE(synthetic_fingerprint(a), synthetic_fingerprint(b));
  b = a;
  b.objects = 1;
  EXPECT_NE(synthetic_fingerprint(a), synthetic_fingerprint(b));
}

}  // namespace
}  // namespace monodr
