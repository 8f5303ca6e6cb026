// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
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
/// - Chamfer distance, symmetric, as a share of the length: with both boxes stretched to the
///   proportions of their class's mean size, A and B points spread evenly over the outer surfaces,
///
///       1/2 ( mean over a in A of min_b |a - b|  +  mean over b in B of min_a |a - b| ) / length
///
///   10 000 points look for their nearest among 100 000: of two samplings of one surface that gives
///   0.2 % of the length instead of 0.

/// Length, height and width as shares of the length, of a mean size of height, width, length: canonical
/// coordinates times these are in lengths of the object.
Eigen::Vector3f length_shares(const std::array<double, 3>& size_mean);

/// About `count` points spread evenly over the outer surface of a closed canonical mesh (by area in
/// these proportions), in canonical coordinates: a sample counts if a step of 1 % of the
/// length along its normal leads outside. The same mesh and seed give the same points.
std::vector<Eigen::Vector3f> outer_points(const Mesh& mesh,
                                          const Eigen::Vector3f& shares,
                                          int count,
                                          std::uint64_t seed);

struct ShapeAgreement {
  double iou = 0;
  double chamfer = 0;  ///< share of the length
};
/// Of two closed canonical meshes.
ShapeAgreement shape_agreement(const Mesh& a, const Mesh& b, const Eigen::Vector3f& shares);

}  // namespace monodr
