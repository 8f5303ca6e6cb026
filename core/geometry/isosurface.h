// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "geometry/sample_grid.h"

namespace monodr {

/// A vertex on the line between two neighbouring samples of which one is inside:
///     place = from + t (to - from),   t = a / (a - b) in [0,1],   a, b the values at from and to
/// so that  dt/da = -b / (a - b)^2  and  dt/db = a / (a - b)^2.
template <typename T>
struct SurfaceVertex {
  std::int32_t from = 0, to = 0;  ///< indices of samples; `to` is the next one along one axis
  T t = 0;
};

template <typename T>
struct Isosurface {
  std::vector<SurfaceVertex<T>> vertices;
  std::vector<std::array<std::int32_t, 3>> faces;  ///< outward, counter-clockwise
};

/// The surface between the samples with values < 0 (inside) and the others, by marching cubes
/// (Lorensen & Cline, SIGGRAPH 1987). `values` are counts[0] x counts[1] x counts[2] in the order
/// of geometry/sample_grid.h.
///
/// The surface is a closed manifold whatever the values, if none on the border of the grid is
/// inside: a cube's face is cut by its own four signs alone (where they alternate, the samples
/// inside are kept apart), so that neighbours agree; and no triangle has a side across such a face,
/// so that no side belongs to more than two triangles.
template <typename T>
Isosurface<T> isosurface(const T* values, const std::array<int, 3>& counts);

/// Leaves the connected part with the most faces (the first of equals) and drops the others and
/// the vertices without a face.
template <typename T>
void keep_largest_part(Isosurface<T>& surface);

}  // namespace monodr
