// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "geometry/mesh.h"
#include "geometry/sample_grid.h"

namespace monodr {

/// Which samples of the grid lie inside a closed mesh: where its winding number is positive, so
/// that overlapping parts count as their union. The number is counted along lines in y, where
/// faces of a closed mesh are crossed inwards and outwards in turn; an open mesh leaks there.
std::vector<bool> inside(const Mesh& mesh, const SampleGrid& grid);

/// Volume of the intersection over that of the union of two canonical meshes, by the centres of
/// resolution^3 cells; 1 where both are empty.
double volumetric_iou(const Mesh& a, const Mesh& b, int resolution = 64);

}  // namespace monodr
