// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr::soft_rasterizer {

/// Some triangles prepared for the pixel loops, one array a quantity. Edge k goes from corner k to
/// corner k+1. With (x, y) counted from the pixel centre at the box's top left corner,
///     inward(x, y) = ux y - uy x + inward0   distance to the edge's line, px, positive inside
///     along(x, y)  = ux x + uy y + along0    position of the foot on the edge, px, 0..length
/// so the squared distance to the edge is inward^2 + (along - clamp(along, 0, length))^2.
/// Coordinates are local because they are small there: single precision loses nothing.
struct FaceChunk {
  static constexpr int kFaces = 64;

  alignas(64) float ux[3][kFaces], uy[3][kFaces];  ///< unit vector along the edge
  alignas(64) float inward0[3][kFaces], along0[3][kFaces], length[3][kFaces];
  /// 1 / distance of corner k from the edge across, so that the barycentric coordinate of corner k
  /// is inverse_height[k] * inward of edge k+1.
  alignas(64) float inverse_height[3][kFaces];
  /// Box of the pixels that can be concerned, cut to the image; no pixel where width <= 0.
  alignas(64) std::int32_t left[kFaces], top[kFaces], width[kFaces], height[kFaces];
};

}  // namespace monodr::soft_rasterizer
