// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/monodr_kernels.h"
#include "kernels/screen_mesh.h"

namespace monodr::soft_rasterizer {

using Settings = monodr_soft_rasterizer;

inline Projection projection_of(const Settings& settings) {
  return {settings.near, settings.cull_backfaces != 0};
}

/// A pixel centre this far outside an edge (px) still counts as covered by the hard z-buffer, so
/// that rounding opens no crack between two faces that share the edge.
inline constexpr double kCoverageTolerance = 1e-5;

/// Height of the background above the far plane in the softmax (SoftRas' `eps`).
inline constexpr double kBackgroundHeight = 1e-3;

}  // namespace monodr::soft_rasterizer
