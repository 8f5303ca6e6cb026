// SPDX-License-Identifier: Apache-2.0
#include "geometry/isosurface.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <map>
#include <set>

#include "base/random.h"
#include "geometry/isosurface_cases.h"
#include "geometry/mesh.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

template <typename T>
Mesh mesh_of(const Isosurface<T>& surface, const SampleGrid& grid) {
  Mesh mesh;
  const auto place = [&](std::int32_t sample) {
    const int k = sample % grid.counts[2], j = sample / grid.counts[2] % grid.counts[1];
    return grid.point(sample / grid.counts[2] / grid.counts[1], j, k);
  };
  for (const auto& v : surface.vertices)
    mesh.vertices.push_back(place(v.from) + float(v.t) * (place(v.to) - place(v.from)));
  for (const auto& [a, b, c] : surface.faces) mesh.faces.push_back({a, b, c});
  return mesh;
}

// Every vertex' faces form one closed fan: with is_watertight, a closed manifold.
bool has_single_fans(const Mesh& mesh) {
  std::vector<std::map<int, int>> next(mesh.vertices.size());
  for (const auto& f : mesh.faces)
    for (int k = 0; k < 3; ++k)
      if (!next[f[k]].emplace(f[(k + 1) % 3], f[(k + 2) % 3]).second) return false;
  for (const auto& fan : next) {
    if (fan.empty()) continue;
    size_t length = 0;
    int at = fan.begin()->first;
    do {
      const auto step = fan.find(at);
      if (step == fan.end()) return false;
      at = step->second;
      ++length;
    } while (at != fan.begin()->first && length <= fan.size());
    if (length != fan.size()) return false;
  }
  return true;
}

SampleGrid grid_of(int x, int y, int z) {
  return cell_centres(Vector3f::Constant(-1), Vector3f::Constant(1), {x, y, z});
}

template <typename T, typename Field>
std::vector<T> sampled(const SampleGrid& grid, const Field& field) {
  std::vector<T> values(grid.size());
  for (int i = 0; i < grid.counts[0]; ++i)
    for (int j = 0; j < grid.counts[1]; ++j)
      for (int k = 0; k < grid.counts[2]; ++k)
        values[grid.index(i, j, k)] = static_cast<T>(field(grid.point(i, j, k)));
  return values;
}

TEST(Isosurface, OfNoiseIsAClosedManifoldInEveryCase) {
  constexpr unsigned kSeed = 3;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  std::set<int> cases;
  for (int round = 0; round < 30; ++round) {
    const SampleGrid grid = grid_of(8, 9, 7);
    const double level = random.uniform(-1, 1) * 0.6;  // from nearly empty to nearly full
    std::vector<double> values(grid.size());
    for (int i = 0; i < 8; ++i)
      for (int j = 0; j < 9; ++j)
        for (int k = 0; k < 7; ++k) {
          const bool border = i == 0 || j == 0 || k == 0 || i == 7 || j == 8 || k == 6;
          values[grid.index(i, j, k)] = border ? 1 : random.uniform(-1, 1) + level;
        }
    for (int i = 0; i < 7; ++i)
      for (int j = 0; j < 8; ++j)
        for (int k = 0; k < 6; ++k) {
          int cube = 0;
          for (int c = 0; c < 8; ++c)
            cube |= (values[grid.index(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2))] < 0) << c;
          cases.insert(cube);
        }
    const Mesh mesh = mesh_of(isosurface(values.data(), grid.counts), grid);
    EXPECT_TRUE(is_watertight(mesh)) << "round " << round;
    EXPECT_TRUE(has_single_fans(mesh)) << "round " << round;
    EXPECT_GT(signed_volume(mesh), 0);
  }
  EXPECT_EQ(cases.size(), 256u) << "the noise should meet every case";
}

TEST(Isosurface, OfASphereLiesOnItAndFacesOutward) {
  const SampleGrid grid = grid_of(24, 20, 28);
  const auto values = sampled<float>(grid, [](const Vector3f& p) { return p.norm() - 0.7f; });
  const Mesh mesh = mesh_of(isosurface(values.data(), grid.counts), grid);
  ASSERT_TRUE(is_watertight(mesh));
  for (const Vector3f& v : mesh.vertices) EXPECT_NEAR(v.norm(), 0.7, 3e-3);
  EXPECT_NEAR(signed_volume(mesh), 4 * M_PI / 3 * 0.343, 0.02);
  for (const auto& [a, b, c] : mesh.faces) {
    const Vector3f normal =
        (mesh.vertices[b] - mesh.vertices[a]).cross(mesh.vertices[c] - mesh.vertices[a]);
    EXPECT_GE(normal.dot(mesh.vertices[a]), -1e-6f);
  }
  // Genus 0: V - E + F = 2 with E = 3 F / 2.
  EXPECT_EQ(2 * mesh.vertices.size(), mesh.faces.size() + 4);
}

TEST(Isosurface, OfAPlaneIsExact) {
  const SampleGrid grid = grid_of(6, 7, 8);
  const Vector3f normal = Vector3f(0.3f, -0.5f, 0.8f).normalized();
  const auto field = [&](const Vector3f& p) { return normal.dot(p) - 0.1f; };
  const auto values = sampled<double>(grid, field);
  const Isosurface<double> surface = isosurface(values.data(), grid.counts);
  ASSERT_FALSE(surface.vertices.empty());
  for (const Vector3f& v : mesh_of(surface, grid).vertices) EXPECT_NEAR(field(v), 0, 1e-6);
  for (const auto& v : surface.vertices) {
    EXPECT_NEAR(v.t, values[v.from] / (values[v.from] - values[v.to]), 1e-15);
    EXPECT_LT(values[v.from] * values[v.to], 0);
  }
}

TEST(Isosurface, KeepsSamplesInsideApartWhereAFaceOfACubeAlternates) {
  std::vector<float> values(4 * 4 * 4, 1.f);
  values[(1 * 4 + 1) * 4 + 1] = values[(1 * 4 + 2) * 4 + 2] = -1;
  auto surface = isosurface(values.data(), {4, 4, 4});
  EXPECT_EQ(surface.faces.size(), 16u) << "two octahedra";
  keep_largest_part(surface);
  EXPECT_EQ(surface.faces.size(), 8u);
  EXPECT_EQ(surface.vertices.size(), 6u);
}

TEST(Isosurface, LargestPartStaysClosedAndTheRestGoes) {
  const SampleGrid grid = grid_of(30, 30, 30);
  const auto values = sampled<float>(grid, [](const Vector3f& p) {
    return std::min((p - Vector3f(0.3f, 0, 0)).norm() - 0.4f,
                    (p + Vector3f(0.6f, 0, 0)).norm() - 0.2f);
  });
  auto surface = isosurface(values.data(), grid.counts);
  const double both = signed_volume(mesh_of(surface, grid));
  keep_largest_part(surface);
  const Mesh mesh = mesh_of(surface, grid);
  EXPECT_TRUE(is_watertight(mesh));
  EXPECT_NEAR(both, 4 * M_PI / 3 * (0.064 + 0.008), 0.02);
  EXPECT_NEAR(signed_volume(mesh), 4 * M_PI / 3 * 0.064, 0.02);
  for (const Vector3f& v : mesh.vertices) EXPECT_GT(v.x(), -0.2f);
}

TEST(Isosurface, OfNothingIsNothing) {
  const std::vector<float> values(27, 1.f);
  auto surface = isosurface(values.data(), {3, 3, 3});
  keep_largest_part(surface);
  EXPECT_TRUE(surface.vertices.empty());
  EXPECT_TRUE(surface.faces.empty());
}

}  // namespace
}  // namespace monodr
