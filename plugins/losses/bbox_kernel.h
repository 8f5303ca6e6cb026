// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr {

/// What the box of one observation asks for. Sides in the order left, top, right, bottom.
template <typename T>
struct BoxTarget {
  const T* box;         ///< [4], crop pixels
  const T* free_sides;  ///< [4], 1 = the side is the object's own border
  const T* intrinsics;  ///< [3,3] of the crop
  T margin;             ///< crop pixels that are free of charge
  T margin_share;       ///< the same as a share of the box's width or height; the larger counts
  int side;             ///< crop size, pixels
};

/// Numbers that `bbox_loss` leaves for the gradient: an extreme vertex and d loss / d side, a side.
constexpr int kBoxState = 8;

/// vertices [count,3], camera frame, metres.
template <typename T>
T bbox_loss(const BoxTarget<T>& target, std::int64_t count, const T* vertices, T* state);

/// out [count,3] = scale * d loss / d vertices.
template <typename T>
void bbox_gradient(const BoxTarget<T>& target,
                   std::int64_t count,
                   const T* vertices,
                   const T* state,
                   T scale,
                   T* out);

}  // namespace monodr
