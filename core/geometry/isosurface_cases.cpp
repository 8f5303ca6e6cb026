// SPDX-License-Identifier: Apache-2.0
#include "geometry/isosurface_cases.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace monodr {
namespace {

using Loop = std::vector<int>;  // edges of the cube in the order in which the surface meets them

int edge_between(int a, int b) {
  for (int edge = 0; edge < 12; ++edge)
    if (edge_corner(edge) == std::min(a, b) &&
        (edge_corner(edge) | 1 << edge / 4) == std::max(a, b))
      return edge;
  MONODR_CHECK(false, "corners {} and {} of a cube are no neighbours", a, b);
}

// The four corners of each face, counter-clockwise seen from outside.
std::array<std::array<int, 4>, 6> cube_faces() {
  std::array<std::array<int, 4>, 6> faces;
  for (int axis = 0; axis < 3; ++axis) {
    const int u = 1 << (axis + 1) % 3, v = 1 << (axis + 2) % 3;
    faces[2 * axis] = {0, v, u | v, u};
    faces[2 * axis + 1] = {0, u, u | v, v};
    for (int& corner : faces[2 * axis + 1]) corner |= 1 << axis;
  }
  return faces;
}

bool on_one_face(int edge, int other) {
  for (const auto& face : cube_faces()) {
    const auto holds = [&](int e) {
      const int from = edge_corner(e), to = from | 1 << e / 4;
      return std::count(face.begin(), face.end(), from) && std::count(face.begin(), face.end(), to);
    };
    if (holds(edge) && holds(other)) return true;
  }
  return false;
}

// The closed lines in which the surface meets the cube's faces. Going round a face, from each edge
// where the inside begins a line runs to the next one, where it ends: that is what keeps samples
// inside apart.
std::vector<Loop> loops_of(int cube_case) {
  const auto is_inside = [&](int corner) { return (cube_case >> corner & 1) != 0; };
  std::array<int, 12> next;
  next.fill(-1);
  for (const auto& face : cube_faces()) {
    for (int k = 0; k < 4; ++k) {
      if (is_inside(face[k]) || !is_inside(face[(k + 1) % 4])) continue;
      int end = k + 1;
      while (is_inside(face[(end + 1) % 4])) ++end;
      const int begins = edge_between(face[k], face[(k + 1) % 4]);
      const int ends = edge_between(face[end % 4], face[(end + 1) % 4]);
      next[begins] = ends;
    }
  }
  std::vector<Loop> loops;
  for (int first = 0; first < 12; ++first) {
    Loop loop;
    for (int edge = first; next[edge] >= 0;) {
      loop.push_back(edge);
      edge = std::exchange(next[edge], -1);
    }
    if (!loop.empty()) loops.push_back(loop);
  }
  return loops;
}

// Triangles of the polygon loop[first..last] without a new side on a face of the cube; false if
// there are none. The side from last to first is given.
bool triangulate(const Loop& loop, size_t first, size_t last, CubeTriangles& triangles) {
  if (last - first < 2) return true;
  for (size_t apex = first + 1; apex < last; ++apex) {
    if (apex > first + 1 && on_one_face(loop[first], loop[apex])) continue;
    if (apex + 1 < last && on_one_face(loop[apex], loop[last])) continue;
    CubeTriangles found = triangles;
    found.push_back({static_cast<std::uint8_t>(loop[first]),
                     static_cast<std::uint8_t>(loop[apex]),
                     static_cast<std::uint8_t>(loop[last])});
    if (!triangulate(loop, first, apex, found) || !triangulate(loop, apex, last, found)) continue;
    triangles = std::move(found);
    return true;
  }
  return false;
}

std::array<CubeTriangles, 256> make_cases() {
  std::array<CubeTriangles, 256> cases;
  for (int cube_case = 0; cube_case < 256; ++cube_case)
    for (const Loop& loop : loops_of(cube_case))
      MONODR_CHECK(triangulate(loop, 0, loop.size() - 1, cases[cube_case]),
                   "cube {} has no triangles",
                   cube_case);
  return cases;
}

}  // namespace

int edge_corner(int edge) {
  const int axis = edge / 4, n = edge % 4;
  return (n & 1) << (axis + 1) % 3 | (n >> 1) << (axis + 2) % 3;
}

const std::array<CubeTriangles, 256>& cube_cases() {
  static const std::array<CubeTriangles, 256> cases = make_cases();
  return cases;
}

}  // namespace monodr
