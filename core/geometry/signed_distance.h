// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "geometry/mesh.h"
#include "geometry/sample_grid.h"

namespace monodr {

/// Weights of a, b and c (they sum to 1) at the point of the triangle that is nearest to `point`
/// (Ericson, Real-Time Collision Detection, 2005, 5.1.5).
Eigen::Vector3f nearest_on_triangle(const Eigen::Vector3f& point,
                                    const Eigen::Vector3f& a,
                                    const Eigen::Vector3f& b,
                                    const Eigen::Vector3f& c);

/// Distance from each sample to the nearest face, at most `truncation`. The mesh may be open, its
/// faces may cross or be turned either way. The work grows with truncation^3: two or three
/// spacings are what a surface needs. `nearest`, if given: the face, -1 where none is nearer than
/// truncation.
std::vector<float> surface_distance(const Mesh& mesh,
                                    const SampleGrid& grid,
                                    float truncation,
                                    std::vector<int>* nearest = nullptr);

/// Truncated signed distance to the outer surface of a closed mesh: negative inside, positive
/// outside, in [-truncation, truncation], never 0.
///
/// Inside is where the winding number is positive (geometry/occupancy.h), so that closed parts that
/// overlap count as their union. Faces with no sample outside in their neighbourhood (a wheel's
/// inner half, seats) do not count: they are no part of that surface. Walls and gaps thinner than a
/// spacing are not seen.
std::vector<float> signed_distance(const Mesh& mesh,
                                   const SampleGrid& grid,
                                   float truncation,
                                   std::vector<int>* nearest = nullptr);

}  // namespace monodr
