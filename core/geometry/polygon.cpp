// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Geometry>
#include <cmath>

#include "geometry/mesh_formats.h"

namespace monodr {
namespace {

using Point = Eigen::Vector2d;

double cross(const Point& a, const Point& b) {
  return a.x() * b.y() - a.y() * b.x();
}

/// Newell's normal: twice the area in each plane of two axes.
Eigen::Vector3d normal_of(const std::vector<Eigen::Vector3d>& corners) {
  Eigen::Vector3d normal = Eigen::Vector3d::Zero();
  for (size_t i = 0; i < corners.size(); ++i)
    normal += (corners[i] - corners[0]).cross(corners[(i + 1) % corners.size()] - corners[0]);
  return normal;
}

/// The polygon in its mean plane, counter-clockwise.
std::vector<Point> in_plane(const std::vector<Eigen::Vector3d>& corners,
                            const Eigen::Vector3d& normal) {
  const Eigen::Vector3d u = normal.unitOrthogonal(), v = normal.normalized().cross(u);
  std::vector<Point> points;
  for (const Eigen::Vector3d& corner : corners) {
    const Eigen::Vector3d at = corner - corners[0];
    points.emplace_back(u.dot(at), v.dot(at));
  }
  return points;
}

bool is_convex(const std::vector<Point>& points, double tolerance) {
  const size_t n = points.size();
  for (size_t i = 0; i < n; ++i) {
    const Point &a = points[i], &b = points[(i + 1) % n], &c = points[(i + 2) % n];
    if (cross(b - a, c - b) < -tolerance) return false;
  }
  return true;
}

bool is_inside(const Point& p, const Point& a, const Point& b, const Point& c) {
  return cross(b - a, p - a) >= 0 && cross(c - b, p - b) >= 0 && cross(a - c, p - c) >= 0;
}

/// Whether the triangle at `at` of what is left lies in the polygon and holds no other corner.
bool is_ear(const std::vector<Point>& points, const std::vector<int>& left, size_t at) {
  const size_t n = left.size();
  const Point &a = points[left[(at + n - 1) % n]], &b = points[left[at]],
              &c = points[left[(at + 1) % n]];
  if (cross(b - a, c - b) <= 0) return false;
  for (const int other : left) {
    const Point& p = points[other];
    if (p != a && p != b && p != c && is_inside(p, a, b, c)) return false;
  }
  return true;
}

void cut_ears(const std::vector<int>& corners, const std::vector<Point>& points, FileMesh& mesh) {
  std::vector<int> left(corners.size());
  for (size_t i = 0; i < left.size(); ++i) left[i] = static_cast<int>(i);
  while (left.size() > 2) {
    const size_t n = left.size();
    size_t ear = 0;
    while (ear < n && !is_ear(points, left, ear)) ++ear;
    // None is left where the rest is flat or crosses itself: any cut does.
    if (ear == n) ear = 1;
    mesh.faces.push_back(
        {corners[left[(ear + n - 1) % n]], corners[left[ear]], corners[left[(ear + 1) % n]]});
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(ear));
  }
}

}  // namespace

void add_polygon(const std::vector<int>& corners, FileMesh& mesh) {
  constexpr size_t kMostCorners = 1000;  // ears take time with the square of these
  std::vector<Eigen::Vector3d> positions;
  if (corners.size() > 3 && corners.size() <= kMostCorners)
    for (const int corner : corners)
      if (corner >= 0 && static_cast<size_t>(corner) < mesh.vertices.size())
        positions.push_back(mesh.vertices[static_cast<size_t>(corner)]);
  if (positions.size() == corners.size()) {
    const Eigen::Vector3d normal = normal_of(positions);
    if (normal.norm() > 0) {
      const std::vector<Point> points = in_plane(positions, normal);
      if (!is_convex(points, 1e-6 * normal.norm())) return cut_ears(corners, points, mesh);
    }
  }
  for (size_t i = 2; i < corners.size(); ++i)
    mesh.faces.push_back({corners[0], corners[i - 1], corners[i]});
}

}  // namespace monodr
