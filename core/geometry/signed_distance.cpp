// SPDX-License-Identifier: Apache-2.0
#include "geometry/signed_distance.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "geometry/occupancy.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

struct Triangle {
  Vector3f a, b, c;
};

// Samples [first, last] of each axis; empty where first > last.
struct SampleRange {
  std::array<int, 3> first, last;
};

SampleRange samples_around(const Triangle& t, float margin, const SampleGrid& grid) {
  const Vector3f low = t.a.cwiseMin(t.b).cwiseMin(t.c), high = t.a.cwiseMax(t.b).cwiseMax(t.c);
  SampleRange range;
  for (int axis = 0; axis < 3; ++axis) {
    const float from = (low[axis] - margin - grid.low[axis]) / grid.spacing[axis];
    const float to = (high[axis] + margin - grid.low[axis]) / grid.spacing[axis];
    const float end = static_cast<float>(grid.counts[axis]);
    range.first[axis] = static_cast<int>(std::ceil(std::clamp(from, 0.f, end)));
    range.last[axis] = static_cast<int>(std::floor(std::clamp(to, -1.f, end - 1)));
  }
  return range;
}

Triangle triangle(const Mesh& mesh, const std::array<int, 3>& face) {
  return {mesh.vertices[face[0]], mesh.vertices[face[1]], mesh.vertices[face[2]]};
}

// Lowers `distances` to those from the triangle, and calls changed(index) where it did.
template <typename Changed>
void add_triangle(const Triangle& t,
                  const SampleGrid& grid,
                  float truncation,
                  std::vector<float>& distances,
                  const Changed& changed) {
  const SampleRange range = samples_around(t, truncation, grid);
  const Vector3f centre = (t.a + t.b + t.c) / 3;
  const float radius = std::sqrt(std::max(
      {(t.a - centre).squaredNorm(), (t.b - centre).squaredNorm(), (t.c - centre).squaredNorm()}));
  for (int i = range.first[0]; i <= range.last[0]; ++i) {
    for (int j = range.first[1]; j <= range.last[1]; ++j) {
      for (int k = range.first[2]; k <= range.last[2]; ++k) {
        const size_t index = grid.index(i, j, k);
        float& best = distances[index];
        const Vector3f point = grid.point(i, j, k);
        // No point of the triangle is nearer than the sphere around it.
        const float reach = best + radius;
        if ((point - centre).squaredNorm() >= reach * reach) continue;
        const Vector3f w = nearest_on_triangle(point, t.a, t.b, t.c);
        const float squared = (w[0] * t.a + w[1] * t.b + w[2] * t.c - point).squaredNorm();
        if (!(squared < best * best)) continue;
        best = std::sqrt(squared);
        changed(index);
      }
    }
  }
}

// Whether the surroundings of a triangle reach a sample outside, or beyond the grid.
bool has_outside_near(const Triangle& t,
                      float margin,
                      const SampleGrid& grid,
                      const std::vector<bool>& is_inside) {
  const Vector3f low = t.a.cwiseMin(t.b).cwiseMin(t.c), high = t.a.cwiseMax(t.b).cwiseMax(t.c);
  const Vector3f end = grid.point(grid.counts[0] - 1, grid.counts[1] - 1, grid.counts[2] - 1);
  if (((low.array() - margin) < grid.low.array()).any()) return true;
  if (((high.array() + margin) > end.array()).any()) return true;
  const SampleRange range = samples_around(t, margin, grid);
  for (int i = range.first[0]; i <= range.last[0]; ++i)
    for (int j = range.first[1]; j <= range.last[1]; ++j)
      for (int k = range.first[2]; k <= range.last[2]; ++k)
        if (!is_inside[grid.index(i, j, k)]) return true;
  return false;
}

}  // namespace

Vector3f nearest_on_triangle(const Vector3f& point,
                             const Vector3f& a,
                             const Vector3f& b,
                             const Vector3f& c) {
  const Vector3f ab = b - a, ac = c - a, ap = point - a;
  const float d1 = ab.dot(ap), d2 = ac.dot(ap);
  if (d1 <= 0 && d2 <= 0) return {1, 0, 0};
  const Vector3f bp = point - b;
  const float d3 = ab.dot(bp), d4 = ac.dot(bp);
  if (d3 >= 0 && d4 <= d3) return {0, 1, 0};
  const float vc = d1 * d4 - d3 * d2;
  if (vc <= 0 && d1 >= 0 && d3 <= 0) {
    const float v = d1 / (d1 - d3);
    return {1 - v, v, 0};
  }
  const Vector3f cp = point - c;
  const float d5 = ab.dot(cp), d6 = ac.dot(cp);
  if (d6 >= 0 && d5 <= d6) return {0, 0, 1};
  const float vb = d5 * d2 - d1 * d6;
  if (vb <= 0 && d2 >= 0 && d6 <= 0) {
    const float w = d2 / (d2 - d6);
    return {1 - w, 0, w};
  }
  const float va = d3 * d6 - d5 * d4;
  if (va <= 0 && d4 - d3 >= 0 && d5 - d6 >= 0) {
    const float w = (d4 - d3) / ((d4 - d3) + (d5 - d6));
    return {0, 1 - w, w};
  }
  const float scale = 1 / (va + vb + vc), v = vb * scale, w = vc * scale;
  return {1 - v - w, v, w};
}

std::vector<float> surface_distance(const Mesh& mesh,
                                    const SampleGrid& grid,
                                    float truncation,
                                    std::vector<int>* nearest) {
  MONODR_CHECK(truncation > 0, "a distance cannot be cut at {}", truncation);
  std::vector<float> distances(grid.size(), truncation);
  if (nearest != nullptr) nearest->assign(grid.size(), -1);
  for (size_t face = 0; face < mesh.faces.size(); ++face)
    add_triangle(triangle(mesh, mesh.faces[face]), grid, truncation, distances, [&](size_t index) {
      if (nearest != nullptr) (*nearest)[index] = static_cast<int>(face);
    });
  return distances;
}

std::vector<float> signed_distance(const Mesh& mesh,
                                   const SampleGrid& grid,
                                   float truncation,
                                   std::vector<int>* nearest) {
  const std::vector<bool> is_inside = inside(mesh, grid);
  Mesh outer{mesh.vertices, {}, {}};
  std::vector<int> outer_faces;
  const float neighbourhood = grid.spacing.maxCoeff();
  for (size_t face = 0; face < mesh.faces.size(); ++face) {
    if (!has_outside_near(triangle(mesh, mesh.faces[face]), neighbourhood, grid, is_inside))
      continue;
    outer.faces.push_back(mesh.faces[face]);
    outer_faces.push_back(static_cast<int>(face));
  }
  std::vector<float> distances = surface_distance(outer, grid, truncation, nearest);
  const float least = 1e-6f * truncation;  // so that the sign survives on the surface itself
  for (size_t i = 0; i < distances.size(); ++i) {
    distances[i] = std::max(distances[i], least);
    if (is_inside[i]) distances[i] = -distances[i];
    if (nearest != nullptr && (*nearest)[i] >= 0) (*nearest)[i] = outer_faces[(*nearest)[i]];
  }
  return distances;
}

}  // namespace monodr
