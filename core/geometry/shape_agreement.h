// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

/// HOW WELL TWO SHAPES AGREE. Both stand in the canonical frame, each filling the unit box;
/// compared are the solids and their outer surfaces, so that a wheel's inner half or a seat counts
/// for nothing.
///
/// - Volumetric IoU: volumetric_iou() of geometry/occupancy.h, in the unit box (stretching both the
///   same way leaves it unchanged), 96 cells along each side.
/// - Chamfer distance, symmetric, as a share of the length: with both boxes stretched to the mean
///   car's proportions 3.88 x 1.526 x 1.63 m, A and B points spread evenly over the outer surfaces,
///       (1/2) [ mean over a in A of min_b |a - b|  +  mean over b in B of min_a |a - b| ] /
///       length.
///   10 000 points look for their nearest among 100 000: of two samplings of one surface that gives
///   0.2 % of the length instead of 0.

/// Length, height and width of the mean car as shares of its length: canonical coordinates times
/// these are in car lengths.
inline const Eigen::Vector3f mean_car_shares{1.F, 1.526F / 3.88F, 1.63F / 3.88F};

/// About `count` points spread evenly over the outer surface of a closed canonical mesh (by area in
/// the mean car's proportions), in canonical coordinates: a sample counts if a step of 1 % of the
/// length along its normal leads outside. The same mesh and seed give the same points.
std::vector<Eigen::Vector3f> outer_points(const Mesh& mesh, int count, std::uint64_t seed);

struct ShapeAgreement {
  double iou = 0;
  double chamfer = 0;  ///< share of the length
};
/// Of two closed canonical meshes.
ShapeAgreement shape_agreement(const Mesh& a, const Mesh& b);

}  // namespace monodr
