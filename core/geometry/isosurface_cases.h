// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace monodr {

/// The triangles of a cube for each of the 256 ways in which its corners can be inside. Corner c
/// lies at (c & 1, c >> 1 & 1, c >> 2 & 1), and is inside where bit c of the case is set. Edge
/// 4 axis + n is the n-th that runs along the axis; see edge_corner.
using CubeTriangles = std::vector<std::array<std::uint8_t, 3>>;
const std::array<CubeTriangles, 256>& cube_cases();

/// The corner from which an edge runs along its axis, edge / 4.
int edge_corner(int edge);

}  // namespace monodr
