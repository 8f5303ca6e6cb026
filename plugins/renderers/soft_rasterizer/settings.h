// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/screen_mesh.h"

namespace monodr::soft_rasterizer {

/// All that one rendering needs to know beside its mesh. Lengths on the image are pixels; pixel i
/// has its centre at i + 0.5.
struct Settings {
  int height = 0, width = 0;
  double sigma = 0;            ///< px^2, variance-like width of the silhouette's blur
  double gamma = 0;            ///< softness of the softmax over normalised depth
  double near = 0, far = 0;    ///< metres
  double squared_radius = 0;   ///< px^2; a face farther than this from a pixel does not count there
  bool cull_backfaces = true;  ///< leave out faces whose outer side looks away
  bool softmax = false;        ///< colour and depth by softmax; else the nearest face only

  Projection projection() const { return {near, cull_backfaces}; }
};

/// A pixel centre this far outside an edge (px) still counts as covered by the hard z-buffer, so
/// that rounding opens no crack between two faces that share the edge.
inline constexpr double kCoverageTolerance = 1e-5;

/// Height of the background above the far plane in the softmax (SoftRas' `eps`).
inline constexpr double kBackgroundHeight = 1e-3;

}  // namespace monodr::soft_rasterizer
