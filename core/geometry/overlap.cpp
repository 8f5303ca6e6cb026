// SPDX-License-Identifier: Apache-2.0
#include "geometry/overlap.h"

#include <array>

#include "kernels/monodr_kernels.h"

namespace monodr {
namespace {

std::array<double, MONODR_BOX_NUMBERS> numbers_of(const Box3d& box) {
  return {box.height,
          box.width,
          box.length,
          box.location.x(),
          box.location.y(),
          box.location.z(),
          box.rotation_y};
}

monodr_overlap overlap_of(const Box3d& a, const Box3d& b) {
  monodr_overlap overlap{};
  monodr_box_overlap(numbers_of(a).data(), numbers_of(b).data(), &overlap);
  return overlap;
}

}  // namespace

double footprint_intersection(const Box3d& a, const Box3d& b) {
  return overlap_of(a, b).footprint;
}

SolidOverlap solid_overlap(const Box3d& a, const Box3d& b) {
  const monodr_overlap overlap = overlap_of(a, b);
  return {overlap.bev, overlap.volume};
}

double bev_overlap(const Box3d& a, const Box3d& b) {
  return overlap_of(a, b).bev;
}

double volume_overlap(const Box3d& a, const Box3d& b) {
  return overlap_of(a, b).volume;
}

}  // namespace monodr
