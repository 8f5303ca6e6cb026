// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "geometry/mesh.h"

namespace monodr {

/// A closed, canonical, coloured mesh between a sphere (roundness 1) and a box (towards 0): the
/// stand-in for a car in contracts. `taper` makes the front lower than the rear, so that no two
/// headings look the same.
Mesh superellipsoid(double roundness, double taper, int rings, int segments);

}  // namespace monodr
