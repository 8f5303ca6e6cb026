// SPDX-License-Identifier: Apache-2.0
#include "geometry/signed_distance.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>

#include "base/random.h"
#include "geometry/occupancy.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

void append(Mesh& mesh, const Mesh& part) {
  const int first = static_cast<int>(mesh.vertices.size());
  mesh.vertices.insert(mesh.vertices.end(), part.vertices.begin(), part.vertices.end());
  for (const auto& f : part.faces) mesh.faces.push_back({f[0] + first, f[1] + first, f[2] + first});
}

Mesh box_mesh(const Vector3f& low, const Vector3f& high) {
  Mesh mesh;
  for (int i = 0; i < 8; ++i)
    mesh.vertices.emplace_back(
        i & 1 ? high.x() : low.x(), i & 2 ? high.y() : low.y(), i & 4 ? high.z() : low.z());
  const int quads[6][4] = {
      {0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
  for (const auto& q : quads) {
    mesh.faces.push_back({q[0], q[1], q[2]});
    mesh.faces.push_back({q[0], q[2], q[3]});
  }
  return mesh;
}

double box_distance(const Vector3f& p, const Vector3f& low, const Vector3f& high) {
  const Vector3f q = ((p - (low + high) / 2).cwiseAbs() - (high - low) / 2);
  return q.cwiseMax(0).norm() + std::min(q.maxCoeff(), 0.f);
}

Mesh sphere_mesh(float radius, int rings) {
  Mesh mesh;
  const int segments = 2 * rings;
  for (int r = 0; r <= rings; ++r)
    for (int s = 0; s < segments; ++s) {
      const double polar = M_PI * r / rings, azimuth = 2 * M_PI * s / segments;
      mesh.vertices.push_back(radius * Vector3f(float(std::sin(polar) * std::cos(azimuth)),
                                                float(std::cos(polar)),
                                                float(std::sin(polar) * std::sin(azimuth))));
    }
  const auto at = [&](int r, int s) { return r * segments + s % segments; };
  for (int r = 0; r < rings; ++r)
    for (int s = 0; s < segments; ++s) {
      mesh.faces.push_back({at(r, s), at(r, s + 1), at(r + 1, s)});
      mesh.faces.push_back({at(r, s + 1), at(r + 1, s + 1), at(r + 1, s)});
    }
  if (signed_volume(mesh) < 0)
    for (auto& f : mesh.faces) std::swap(f[0], f[1]);
  return mesh;
}

const SampleGrid kGrid =
    cell_centres(Vector3f(-1, -0.8f, -1.2f), Vector3f(1, 0.8f, 1.2f), {30, 26, 34});

template <typename Check>
void for_all_samples(const SampleGrid& grid, const Check& check) {
  for (int i = 0; i < grid.counts[0]; ++i)
    for (int j = 0; j < grid.counts[1]; ++j)
      for (int k = 0; k < grid.counts[2]; ++k) check(grid.point(i, j, k), grid.index(i, j, k));
}

TEST(SignedDistance, OfABoxIsExact) {
  const Vector3f low(-0.61f, -0.3f, -0.7f), high(0.5f, 0.42f, 0.33f);
  const auto values = signed_distance(box_mesh(low, high), kGrid, 0.25f);
  for_all_samples(kGrid, [&](const Vector3f& p, size_t i) {
    EXPECT_NEAR(values[i], std::clamp(box_distance(p, low, high), -0.25, 0.25), 2e-6);
  });
}

TEST(SignedDistance, OfASphereIsThatOfItsFacets) {
  // 24 rings: the facets lie at most radius * (1 - cos(pi / 24)) below the sphere.
  const auto values = signed_distance(sphere_mesh(0.6f, 24), kGrid, 0.2f);
  const double sag = 2 * 0.6 * (1 - std::cos(M_PI / 24));
  for_all_samples(kGrid, [&](const Vector3f& p, size_t i) {
    const double exact = p.norm() - 0.6;
    EXPECT_GE(values[i], std::clamp(exact, -0.2, 0.2) - 1e-5);
    EXPECT_LE(values[i], std::clamp(exact + sag, -0.2, 0.2) + 1e-5);
  });
}

TEST(SignedDistance, OfOverlappingPartsIsThatOfTheirUnion) {
  const Vector3f low1(-0.7f, -0.5f, -0.7f), high1(0.2f, 0.5f, 0.7f);
  const Vector3f low2(-0.2f, -0.3f, -0.4f), high2(0.8f, 0.3f, 0.4f);
  Mesh mesh = box_mesh(low1, high1);
  append(mesh, box_mesh(low2, high2));
  append(mesh, box_mesh({-0.5f, -0.2f, -0.3f}, {-0.3f, 0.2f, 0.3f}));  // wholly within the first
  const auto values = signed_distance(mesh, kGrid, 0.3f);
  double worst_outside = 0, deepest = -1;
  for_all_samples(kGrid, [&](const Vector3f& p, size_t i) {
    const double exact = std::min(box_distance(p, low1, high1), box_distance(p, low2, high2));
    EXPECT_EQ(values[i] < 0, exact < 0);
    if (exact > 0)
      worst_outside = std::max(worst_outside, std::abs(values[i] - std::min(exact, 0.3)));
    // The part's face inside the first box must not be felt.
    if ((p - Vector3f(-0.4f, 0, 0)).norm() < 0.1f) deepest = std::max<double>(deepest, values[i]);
  });
  EXPECT_LT(worst_outside, 1e-5);
  EXPECT_LT(deepest, -0.15);
}

TEST(SignedDistance, KeepsItsSignOnTheSurfaceItself) {
  SampleGrid grid;
  grid.low = Vector3f::Constant(-1);
  grid.spacing = Vector3f::Constant(0.25f);
  grid.counts = {9, 9, 9};
  const auto values =
      signed_distance(box_mesh(Vector3f::Constant(-0.5f), Vector3f::Constant(0.5f)), grid, 1);
  for (const float value : values) EXPECT_NE(value, 0);
  int negative = 0;
  for (const float value : values) negative += value < 0;
  // Half-open: of the samples on opposite sides one counts as inside.
  EXPECT_EQ(negative, 4 * 4 * 4);
}

TEST(SignedDistance, AMeshThatReachesTheBorderOfTheGridHasASurfaceThere) {
  const Vector3f low = Vector3f::Constant(-0.5f), high = Vector3f::Constant(0.5f);
  const SampleGrid grid = cell_centres(low, high, {10, 10, 10});
  const auto values = signed_distance(box_mesh(low, high), grid, 0.2f);
  for_all_samples(grid, [&](const Vector3f& p, size_t i) {
    EXPECT_NEAR(values[i], std::max(box_distance(p, low, high), -0.2), 2e-6);
  });
}

// The nearest of many points of the triangle, refined around the best one: slow and independent.
double sampled_distance(const Vector3f& point,
                        const Vector3f& a,
                        const Vector3f& b,
                        const Vector3f& c) {
  const auto at = [&](double u, double v) {
    const Eigen::Vector3d on =
        a.cast<double>() + u * (b - a).cast<double>() + v * (c - a).cast<double>();
    return (on - point.cast<double>()).norm();
  };
  double best_u = 0.3, best_v = 0.3, width = 1, best = at(best_u, best_v);
  for (int round = 0; round < 40; ++round, width *= 0.6) {
    const double centre_u = best_u, centre_v = best_v;
    for (int i = -8; i <= 8; ++i)
      for (int j = -8; j <= 8; ++j) {
        const double u = std::clamp(centre_u + width * i / 8, 0.0, 1.0);
        const double v = std::clamp(centre_v + width * j / 8, 0.0, 1 - u);
        if (at(u, v) < best) best = at(u, v), best_u = u, best_v = v;
      }
  }
  return best;
}

TEST(TriangleDistance, AgreesWithASearchOverTheTriangle) {
  constexpr unsigned kSeed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  Random random(kSeed);
  const auto uniform = [&] { return static_cast<float>(random.uniform(-1, 1)); };
  const auto point = [&] { return Vector3f(uniform(), uniform(), uniform()); };
  for (int round = 0; round < 200; ++round) {
    const Vector3f a = point(), b = point(), c = point(), p = 1.5f * point();
    const Vector3f w = nearest_on_triangle(p, a, b, c);
    EXPECT_NEAR(w.sum(), 1, 1e-5);
    EXPECT_GE(w.minCoeff(), -1e-5);
    EXPECT_NEAR((w[0] * a + w[1] * b + w[2] * c - p).norm(), sampled_distance(p, a, b, c), 1e-4);
  }
}

TEST(SurfaceDistance, OfAnOpenMeshIsUnsignedAndCutOff) {
  Mesh sheet;
  sheet.vertices = {{-1, 0, -1}, {1, 0, -1}, {1, 0, 1}, {-1, 0, 1}};
  sheet.faces = {{0, 1, 2}, {0, 2, 3}};
  const auto values = surface_distance(sheet, kGrid, 0.4f);
  for_all_samples(kGrid, [&](const Vector3f& p, size_t i) {
    const double beyond = std::max(0.f, std::abs(p.z()) - 1);
    EXPECT_NEAR(values[i], std::min(0.4, std::hypot(p.y(), beyond)), 1e-6);
  });
}

TEST(SignedDistance, NamesTheNearestFaceOfTheSurface) {
  Mesh mesh = box_mesh(Vector3f::Constant(-0.1f), Vector3f::Constant(0.1f));  // hidden in:
  append(mesh, box_mesh(Vector3f::Constant(-0.3f), Vector3f::Constant(0.3f)));
  std::vector<int> nearest;
  const auto values = signed_distance(mesh, kGrid, 0.15f, &nearest);
  for_all_samples(kGrid, [&](const Vector3f& p, size_t i) {
    EXPECT_EQ(nearest[i] < 0, std::abs(values[i]) >= 0.15f);
    if (nearest[i] < 0) return;
    const auto& f = mesh.faces[nearest[i]];
    const Vector3f &a = mesh.vertices[f[0]], &b = mesh.vertices[f[1]], &c = mesh.vertices[f[2]];
    const Vector3f w = nearest_on_triangle(p, a, b, c);
    EXPECT_NEAR((w[0] * a + w[1] * b + w[2] * c - p).norm(), std::abs(values[i]), 1e-5);
  });
}

TEST(Inside, CountsEachSampleOnceAlongSharedEdges) {
  // Samples lie exactly above edges and vertices of this box.
  SampleGrid grid;
  grid.low = Vector3f::Constant(-0.75f);
  grid.spacing = Vector3f::Constant(0.25f);
  grid.counts = {7, 7, 7};
  const auto cells = inside(box_mesh(Vector3f::Constant(-0.5f), Vector3f::Constant(0.5f)), grid);
  EXPECT_EQ(std::count(cells.begin(), cells.end(), true), 4 * 4 * 4);
}

}  // namespace
}  // namespace monodr
