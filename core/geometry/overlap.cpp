// SPDX-License-Identifier: Apache-2.0
#include "geometry/overlap.h"

#include <algorithm>
#include <cmath>

namespace monodr {
namespace {

/// Corners of a convex polygon in the ground plane. A rectangle cut by four lines gains one corner
/// a cut; the room is for slivers that rounding has made a little concave, where a cut may add one
/// for every two corners (4, 6, 9, 13, 19).
constexpr int polygon_capacity = 20;
struct Polygon {
  double x[polygon_capacity], z[polygon_capacity];
  int size = 0;

  void add(double px, double pz) {
    x[size] = px;
    z[size] = pz;
    ++size;
  }

  double area() const {
    double twice = 0;
    for (int i = 0, j = size - 1; i < size; j = i++) twice += x[j] * z[i] - x[i] * z[j];
    return std::abs(twice) / 2;
  }
};

/// The part of the polygon with sign * coordinate <= limit; `coordinate` is x or z. Corners on the
/// line stay, so that identical and touching boxes need no tolerance.
template <double (Polygon::*axis)[polygon_capacity]>
Polygon cut(const Polygon& polygon, double sign, double limit) {
  Polygon kept;
  for (int i = 0, j = polygon.size - 1; i < polygon.size; j = i++) {
    const double before = sign * (polygon.*axis)[j] - limit;
    const double here = sign * (polygon.*axis)[i] - limit;
    if ((before > 0) != (here > 0)) {
      const double share = before / (before - here);
      kept.add(polygon.x[j] + share * (polygon.x[i] - polygon.x[j]),
               polygon.z[j] + share * (polygon.z[i] - polygon.z[j]));
      (kept.*axis)[kept.size - 1] = sign * limit;
    }
    if (here <= 0) kept.add(polygon.x[i], polygon.z[i]);
  }
  return kept;
}

double thickness(const Box3d& box) {
  return std::min(std::abs(box.length), std::abs(box.width));
}

}  // namespace

double footprint_intersection(const Box3d& a, const Box3d& b) {
  // The thinner box is the one that is clipped against: its sides are then exact, and a sliver's
  // area is as precise as a square's.
  if (thickness(a) < thickness(b)) return footprint_intersection(b, a);
  const double area_a = a.length * a.width, area_b = b.length * b.width;
  if (!(area_a > 0 && area_b > 0)) return 0;
  const double dx = a.location.x() - b.location.x(), dz = a.location.z() - b.location.z();
  // Nearly all pairs end here. A rectangle's diagonal is shorter than the sum of its sides.
  const double reach =
      (std::abs(a.length) + std::abs(a.width) + std::abs(b.length) + std::abs(b.width)) / 2;
  if (dx * dx + dz * dz > reach * reach) return 0;

  // In b's own axes b is upright, and clipping needs nothing but comparisons with its two sides.
  const double cos_b = std::cos(b.rotation_y), sin_b = std::sin(b.rotation_y);
  const double x = cos_b * dx - sin_b * dz, z = sin_b * dx + cos_b * dz;
  const double turn = a.rotation_y - b.rotation_y;
  const double cos_turn = std::cos(turn), sin_turn = std::sin(turn);
  const double length_x = cos_turn * a.length / 2, length_z = -sin_turn * a.length / 2;
  const double width_x = sin_turn * a.width / 2, width_z = cos_turn * a.width / 2;
  Polygon polygon;
  polygon.add(x + length_x + width_x, z + length_z + width_z);
  polygon.add(x + length_x - width_x, z + length_z - width_z);
  polygon.add(x - length_x - width_x, z - length_z - width_z);
  polygon.add(x - length_x + width_x, z - length_z + width_z);

  const double half_length = std::abs(b.length) / 2, half_width = std::abs(b.width) / 2;
  polygon = cut<&Polygon::x>(polygon, 1, half_length);
  polygon = cut<&Polygon::x>(polygon, -1, half_length);
  polygon = cut<&Polygon::z>(polygon, 1, half_width);
  polygon = cut<&Polygon::z>(polygon, -1, half_width);
  return std::min({polygon.area(), area_a, area_b});
}

SolidOverlap solid_overlap(const Box3d& a, const Box3d& b) {
  const double footprint = footprint_intersection(a, b);
  if (footprint <= 0) return {};
  SolidOverlap overlap;
  overlap.bev = footprint / (a.length * a.width + b.length * b.width - footprint);
  const double top = std::max(a.location.y() - a.height, b.location.y() - b.height);
  const double bottom = std::min(a.location.y(), b.location.y());
  if (!(bottom > top)) return overlap;
  const double common = footprint * (bottom - top);
  overlap.volume = std::min(1.0, common / (a.volume() + b.volume() - common));
  return overlap;
}

double bev_overlap(const Box3d& a, const Box3d& b) {
  return solid_overlap(a, b).bev;
}

double volume_overlap(const Box3d& a, const Box3d& b) {
  return solid_overlap(a, b).volume;
}

}  // namespace monodr
