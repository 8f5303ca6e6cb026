// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "geometry/mesh.h"

namespace monodr {

/// Which of resolution^3 cells of the cube [-0.5,0.5]^3 have their centre inside a closed mesh:
/// where its winding number is positive, so that overlapping parts count as their union.
/// Cell (x, y, z) is at index (x * resolution + z) * resolution + y.
std::vector<bool> occupancy(const Mesh& mesh, int resolution);

/// Volume of the intersection over that of the union of two canonical meshes; 1 where both are
/// empty.
double volumetric_iou(const Mesh& a, const Mesh& b, int resolution = 64);

}  // namespace monodr
