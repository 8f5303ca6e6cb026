// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/neural_mesh_renderer/shading.h"

namespace monodr::neural_mesh_renderer {

/// A grid of samples and what the z-buffer writes into it, row by row.
template <typename Scalar>
struct ZBuffer {
  int rows = 0, columns = 0;
  Scalar* inverse_depth = nullptr;  ///< 1/m
  std::int32_t* nearest = nullptr;  ///< triangle, -1 where none
};

/// Where the edge through (x0, y0) and (x1, y1) meets the horizontal line y; needs y0 != y1. Two
/// faces that share an edge get the same bits, so that no sample falls between them.
struct EdgeCrossing {
  double x, y, slope;

  EdgeCrossing() = default;
  EdgeCrossing(double x0, double y0, double x1, double y1)
      : x(y0 < y1 ? x0 : x1), y(y0 < y1 ? y0 : y1), slope((x1 - x0) / (y1 - y0)) {}
  double at(double line) const { return x + (line - y) * slope; }
};

/// The integers in [low, high], cut to [0, count).
struct SampleRange {
  int first, last;

  // Truncation and a comparison: without SSE4.1, std::ceil and std::floor are calls.
  SampleRange(double low, double high, int count) {
    const double from = std::clamp(low, 0.0, double(count));
    const double to = std::clamp(high, -1.0, count - 1.0) + 1;
    first = int(from) + (from > int(from));
    last = int(to) - 1;
  }
};

/// Draws every triangle nearer than `far` at the samples it covers, border included. Of faces
/// equally near, the first stays.
template <typename Scalar>
void draw_nearest(const ScreenMesh& mesh,
                  const Shading& shading,
                  double far,
                  const ZBuffer<Scalar>& buffer);

}  // namespace monodr::neural_mesh_renderer
