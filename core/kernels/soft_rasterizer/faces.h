// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr::soft_rasterizer {

/// Pixels [left, left + width) x [top, top + height); none where width or height is not positive.
struct Box {
  std::int32_t left, top, width, height;

  bool empty() const { return width <= 0 || height <= 0; }
};

/// Some triangles prepared for the pixel loops, one array a quantity. Edge k goes from corner k to
/// corner k+1. With (x, y) counted from the pixel centre at the top left corner of `reach`,
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
  /// Boxes of pixels, cut to the image, around the triangle: `reach` with the blur, `core` without.
  struct Boxes {
    alignas(64) std::int32_t left[kFaces], top[kFaces], width[kFaces], height[kFaces];

    Box at(int n) const { return {left[n], top[n], width[n], height[n]}; }
  };
  Boxes reach, core;
};

/// What depth and colour need of one triangle. Inverse depth q, and colour times q, are linear on
/// the image; colour and depth are not.
struct FaceShade {
  float inverse_height[3];
  float inverse_depth[3];  ///< of the corners, 1/m
  float colour[3][3];      ///< [channel][corner]
  // For the softmax over depth: q minus that of corner 0 (3 numbers); the exponent at corner 0, its
  // slope with
  // (q - q_0) z, and the highest exponent of the corners.
  float difference[3], exponent0, slope, highest;
};

}  // namespace monodr::soft_rasterizer
