// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "geometry/box.h"

namespace monodr {

// Overlap of upright boxes as KITTI measures it; monodr_kernels.h has the same for whole batches.

/// Area of the intersection of the two footprints in the ground plane (x, z), square metres; exact
/// to rounding, also for identical, touching, nested and sliver boxes. Only the product of length
/// and width counts for being a box: both negative is the same box turned by pi (KITTI's tracking
/// labels give DontCare regions -1000 x -1000 m, and the official kit takes them at their word); a
/// product that is not positive gives 0.
double footprint_intersection(const Box3d& a, const Box3d& b);

/// Bird's-eye-view IoU: footprints only.
double bev_overlap(const Box3d& a, const Box3d& b);

/// Volume IoU; the boxes are upright, so it is footprint times the common height.
double volume_overlap(const Box3d& a, const Box3d& b);

/// Both at once, for little more than one of them.
struct SolidOverlap {
  double bev = 0, volume = 0;
};
SolidOverlap solid_overlap(const Box3d& a, const Box3d& b);

}  // namespace monodr
