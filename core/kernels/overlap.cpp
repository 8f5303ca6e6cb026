// SPDX-License-Identifier: Apache-2.0
#include "kernels/overlap.h"

#include <algorithm>
#include <cmath>

#include "kernels/parallel_items.h"
#include "kernels/strided.h"

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

double thickness(const Box& box) {
  return std::min(std::abs(box.length), std::abs(box.width));
}

}  // namespace

double footprint_intersection(const Box& a, const Box& b) {
  // The thinner box is the one that is clipped against: its sides are then exact, and a sliver's
  // area is as precise as a square's.
  if (thickness(a) < thickness(b)) return footprint_intersection(b, a);
  const double area_a = a.length * a.width, area_b = b.length * b.width;
  if (!(area_a > 0 && area_b > 0)) return 0;
  const double dx = a.x - b.x, dz = a.z - b.z;
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

monodr_overlap solid_overlap(const Box& a, const Box& b) {
  monodr_overlap overlap{};
  overlap.footprint = footprint_intersection(a, b);
  if (overlap.footprint <= 0) return overlap;
  overlap.bev = overlap.footprint / (a.length * a.width + b.length * b.width - overlap.footprint);
  const double height = common_height(a, b);
  if (!(height > 0)) return overlap;
  const double common = overlap.footprint * height;
  overlap.volume = std::min(1.0, common / (a.volume() + b.volume() - common));
  return overlap;
}

double intersection_over_union(const ImageBox& a, const ImageBox& b) {
  const ImageBox both = intersection(a, b);
  if (!(both.width() > 0 && both.height() > 0)) return 0;
  const double common = both.area();
  return common / (a.area() + b.area() - common);
}

namespace {

void overlaps(const ItemArray<double>& a,
              const ItemArray<double>& b,
              std::int64_t count_a,
              std::int64_t count_b,
              const ItemArray<double> (&to)[3],
              int threads) {
  for_each_item_on_new_threads(count_a, threads, [&](std::int64_t i) {
    static thread_local std::vector<double> copies[5];
    double* out[3];
    for (int k = 0; k < 3; ++k) out[k] = to[k].write(i, copies[k]);
    const Box box(a.read(i, copies[3]));
    for (std::int64_t j = 0; j < count_b; ++j) {
      const monodr_overlap overlap = solid_overlap(box, Box(b.read(j, copies[4])));
      const double values[3] = {overlap.footprint, overlap.bev, overlap.volume};
      for (int k = 0; k < 3; ++k)
        if (out[k] != nullptr) out[k][j] = values[k];
    }
    for (int k = 0; k < 3; ++k) to[k].finish(i, copies[k]);
  });
}

}  // namespace
}  // namespace monodr

using namespace monodr;

int monodr_box_overlap(const double a[MONODR_BOX_NUMBERS],
                       const double b[MONODR_BOX_NUMBERS],
                       monodr_overlap* overlap) {
  return guarded([&] {
    check_pointer(a, "a");
    check_pointer(b, "b");
    check_pointer(overlap, "overlap");
    *overlap = solid_overlap(Box(a), Box(b));
  });
}

int monodr_box_overlaps(std::int64_t count_a,
                        const monodr_array* a,
                        std::int64_t count_b,
                        const monodr_array* b,
                        const monodr_array* footprint,
                        const monodr_array* bev,
                        const monodr_array* volume,
                        int threads) {
  return guarded([&] {
    const std::int64_t most = std::int64_t(1) << 31;
    check_size(count_a, most, "count_a");
    check_size(count_b, most, "count_b");
    check_threads(threads);
    const auto boxes = [](const monodr_array* array, std::int64_t count, const char* name) {
      check_pointer(array, name);
      if (count > 0) check_pointer(array->data, name);
      return ItemArray<double>(*array, count, {1, 1, MONODR_BOX_NUMBERS}, 1);
    };
    const auto output = [&](const monodr_array* array, const char* name) {
      ItemArray<double> to;
      if (array != nullptr) to = {*array, count_a, {1, 1, count_b}, 1};
      to.check_apart(name);
      return to;
    };
    const ItemArray<double> from_a = boxes(a, count_a, "a"), from_b = boxes(b, count_b, "b");
    const ItemArray<double> to[3] = {
        output(footprint, "footprint"), output(bev, "bev"), output(volume, "volume")};
    overlaps(from_a, from_b, count_a, count_b, to, threads);
  });
}

int monodr_image_overlap(const double a[4], const double b[4], double* iou) {
  return guarded([&] {
    check_pointer(a, "a");
    check_pointer(b, "b");
    check_pointer(iou, "iou");
    *iou = intersection_over_union(ImageBox(a), ImageBox(b));
  });
}
