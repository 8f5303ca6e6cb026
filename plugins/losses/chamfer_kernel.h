// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr {

/// The measured points of one observation: where they come from and how many are taken.
template <typename T>
struct PointSource {
  const T* depth;       ///< [side,side] metres, 0 = none
  const T* mask;        ///< [side,side]
  const T* known;       ///< [side,side]
  const T* intrinsics;  ///< [3,3] of the crop
  int side;
  int maximum;  ///< points; more are thinned out evenly
};

/// The triangles of one hypothesis.
template <typename T>
struct Triangles {
  const T* vertices;          ///< [.,3], camera frame, metres
  const std::int64_t* faces;  ///< [count,3]
  std::int64_t count;
};

/// Numbers that `chamfer_loss` leaves for the gradient.
inline constexpr std::int64_t chamfer_state(int maximum) {
  return 1 + 4 * static_cast<std::int64_t>(maximum);
}

/// Mean over the points of rho(distance to the surface / scale), rho(r) = r^2 / (1 + r^2); 0
/// without points.
template <typename T>
T chamfer_loss(const PointSource<T>& source, const Triangles<T>& mesh, T scale, T* state);

/// Adds factor * d loss / d vertices to `out`, as long as the vertices.
template <typename T>
void chamfer_gradient(const PointSource<T>& source,
                      const Triangles<T>& mesh,
                      T scale,
                      const T* state,
                      T factor,
                      T* out);

}  // namespace monodr
