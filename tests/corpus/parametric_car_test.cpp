// SPDX-License-Identifier: Apache-2.0
#include "corpus/parametric_car.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "plugin/shape_prior.h"

namespace monodr {
namespace {

std::vector<CarParameters> cars_of_every_kind(int each) {
  std::vector<CarParameters> cars;
  for (int kind = 0; kind < body_kind_count; ++kind)
    for (int i = 0; i < each; ++i) {
      Random random(7, "parametric car test", kind * 1000 + i);
      cars.push_back(random_car(random, static_cast<BodyKind>(kind)));
    }
  return cars;
}

// The connected parts of a mesh, each as a mesh of its own.
std::vector<Mesh> parts(const Mesh& mesh) {
  std::vector<int> root(mesh.vertices.size());
  std::iota(root.begin(), root.end(), 0);
  const auto find = [&root](int v) {
    while (root[v] != v) v = root[v] = root[root[v]];
    return v;
  };
  for (const auto& face : mesh.faces)
    for (int k = 1; k < 3; ++k) root[find(face[k])] = find(face[0]);
  std::map<int, Mesh> found;
  for (const auto& face : mesh.faces) {
    Mesh& part = found[find(face[0])];
    part.vertices = mesh.vertices;
    part.faces.push_back(face);
  }
  std::vector<Mesh> result;
  for (auto& [first, part] : found) result.push_back(std::move(part));
  return result;
}

Eigen::Vector3f mean_position(const CarMesh& car, Material material) {
  Eigen::Vector3f sum = Eigen::Vector3f::Zero();
  int count = 0;
  for (size_t v = 0; v < car.mesh.vertices.size(); ++v)
    if (car.vertex_materials[v] == material) {
      sum += car.mesh.vertices[v];
      ++count;
    }
  EXPECT_GT(count, 0);
  return sum / std::max(count, 1);
}

TEST(ParametricCar, EveryPartIsClosedAndOrientedOutward) {
  for (const CarParameters& car : cars_of_every_kind(8)) {
    SCOPED_TRACE(to_string(car.kind));
    const CarMesh built = car_mesh(car);
    EXPECT_TRUE(is_watertight(built.mesh));
    const std::vector<Mesh> closed = parts(built.mesh);
    EXPECT_EQ(closed.size(), 7u);  // body, four wheels, two mirrors
    for (const Mesh& part : closed) EXPECT_GT(signed_volume(part), 0);
    // A car fills between a third and three quarters of its box.
    const double box = car.dimensions.prod();
    EXPECT_GT(signed_volume(built.mesh), .35 * box);
    EXPECT_LT(signed_volume(built.mesh), .80 * box);
  }
}

TEST(ParametricCar, BoundingBoxIsTheAskedOneCentredAtTheOrigin) {
  for (const CarParameters& car : cars_of_every_kind(8)) {
    const MeshBounds box = bounds(car_mesh(car).mesh);
    const Eigen::Vector3f half(car.dimensions[2] / 2, car.dimensions[0] / 2, car.dimensions[1] / 2);
    EXPECT_LT((box.high - half).cwiseAbs().maxCoeff(), 1e-5f);
    EXPECT_LT((box.low + half).cwiseAbs().maxCoeff(), 1e-5f);
  }
}

TEST(ParametricCar, HasAFrontAndARear) {
  for (const CarParameters& car : cars_of_every_kind(8)) {
    SCOPED_TRACE(to_string(car.kind));
    const CarMesh built = car_mesh(car);
    EXPECT_GT(mean_position(built, Material::front_lamp).x(), .40f * car.dimensions[2]);
    EXPECT_LT(mean_position(built, Material::rear_lamp).x(), -.35f * car.dimensions[2]);
    EXPECT_LT(mean_position(built, Material::window).y(), 0);  // y points down
    EXPECT_GT(mean_position(built, Material::tyre).y(), .2f * car.dimensions[0]);
  }
}

TEST(ParametricCar, IsMirrorSymmetric) {
  for (const CarParameters& car : cars_of_every_kind(2)) {
    const CarMesh built = car_mesh(car);
    const auto key = [](const Eigen::Vector3f& v, float sign) {
      return std::array<long, 3>{
          std::lround(v.x() * 1e5f), std::lround(v.y() * 1e5f), std::lround(sign * v.z() * 1e5f)};
    };
    std::multiset<std::array<long, 3>> left, right;
    for (const auto& face : built.mesh.faces) {
      Eigen::Vector3f middle = Eigen::Vector3f::Zero();
      for (const int v : face) middle += built.mesh.vertices[v];
      left.insert(key(middle, 1));
      right.insert(key(middle, -1));
    }
    int unmatched = 0;
    for (const auto& point : left) {
      bool found = false;  // rounding may put a mirrored point into the neighbouring cell
      for (long dx = -1; dx <= 1; ++dx)
        for (long dy = -1; dy <= 1; ++dy)
          for (long dz = -1; dz <= 1; ++dz)
            found = found || right.count({point[0] + dx, point[1] + dy, point[2] + dz}) > 0;
      unmatched += !found;
    }
    EXPECT_EQ(unmatched, 0) << to_string(car.kind);
  }
}

TEST(ParametricCar, SizesFollowTheClass) {
  constexpr int count = 6000;
  Eigen::Vector3d sum = Eigen::Vector3d::Zero(), logs = sum, squares = sum;
  for (int i = 0; i < count; ++i) {
    Random random(3, "size statistics", i);
    const Eigen::Vector3d d = random_car(random).dimensions.cast<double>();
    const Eigen::Vector3d log = d.array().log();
    sum += d;
    logs += log;
    squares += log.cwiseAbs2();
  }
  const Eigen::Vector3d mean = sum / count;
  const Eigen::Vector3d deviation = (squares / count - (logs / count).cwiseAbs2()).cwiseSqrt();
  for (int k = 0; k < 3; ++k) {
    EXPECT_NEAR(mean[k] / car_mean_dimensions[k], 1, .01);
    EXPECT_NEAR(deviation[k] / car_log_deviations[k], 1, .08);
  }
}

TEST(TrainingCorpus, IsCanonicalClosedAndRepeatable) {
  const std::vector<CorpusItem> corpus = training_corpus(12, 5), again = training_corpus(12, 5);
  ASSERT_EQ(corpus.size(), 12u);
  for (size_t i = 0; i < corpus.size(); ++i) {
    const Mesh& mesh = corpus[i].mesh;
    EXPECT_EQ(corpus[i].name, again[i].name);
    EXPECT_EQ(mesh.vertices, again[i].mesh.vertices);
    EXPECT_EQ(mesh.colours, again[i].mesh.colours);
    EXPECT_TRUE(is_watertight(mesh));
    ASSERT_EQ(mesh.colours.size(), mesh.vertices.size());
    const MeshBounds box = bounds(mesh);
    EXPECT_LT((box.high - Eigen::Vector3f::Constant(.5f)).cwiseAbs().maxCoeff(), 1e-5f);
    EXPECT_LT((box.low + Eigen::Vector3f::Constant(.5f)).cwiseAbs().maxCoeff(), 1e-5f);
    for (const Eigen::Vector3f& colour : mesh.colours) {
      EXPECT_GE(colour.minCoeff(), 0);
      EXPECT_LE(colour.maxCoeff(), 1);
    }
  }
}

TEST(Random, StreamsDifferByNameIndexAndSeed) {
  std::set<double> first;
  for (const std::uint64_t seed : {0, 1, 2})
    for (const char* stream : {"training car", "scene"})
      for (const std::uint64_t index : {0, 1, 2})
        first.insert(Random(seed, stream, index).uniform(0, 1));
  EXPECT_EQ(first.size(), 18u);
}

}  // namespace
}  // namespace monodr
