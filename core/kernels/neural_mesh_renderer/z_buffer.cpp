// SPDX-License-Identifier: Apache-2.0
#include "kernels/neural_mesh_renderer/z_buffer.h"

#include <limits>

namespace monodr::neural_mesh_renderer {

namespace {

/// A triangle's edges that are not horizontal, with the range of lines each meets.
struct Outline {
  EdgeCrossing edge[3];
  double top[3], bottom[3];
  int count = 0;

  Outline(const ScreenMesh& mesh, const Shading& shading, std::size_t triangle) {
    for (int k = 0; k < 3; ++k) {
      const std::int32_t a = mesh.triangle[k][triangle], b = mesh.triangle[(k + 1) % 3][triangle];
      const double ya = shading.y[a], yb = shading.y[b];
      if (ya == yb) continue;
      edge[count] = EdgeCrossing(shading.x[a], ya, shading.x[b], yb);
      top[count] = std::min(ya, yb);
      bottom[count] = std::max(ya, yb);
      ++count;
    }
  }

  void span(double line, double& low, double& high) const {
    low = std::numeric_limits<double>::infinity();
    high = -low;
    for (int k = 0; k < count; ++k) {
      if (line < top[k] || line > bottom[k]) continue;
      const double x = edge[k].at(line);
      low = std::min(low, x);
      high = std::max(high, x);
    }
  }
};

}  // namespace

template <typename Scalar>
void draw_nearest(const ScreenMesh& mesh,
                  const Shading& shading,
                  double far,
                  const ZBuffer<Scalar>& buffer) {
  const std::size_t count = std::size_t(buffer.rows) * buffer.columns;
  std::fill_n(buffer.inverse_depth, count, Scalar(1 / far));
  std::fill_n(buffer.nearest, count, -1);
  for (std::size_t n = 0; n < mesh.triangle_count(); ++n) {
    double y[3], x[3];
    for (int k = 0; k < 3; ++k) {
      x[k] = shading.x[mesh.triangle[k][n]];
      y[k] = shading.y[mesh.triangle[k][n]];
    }
    const SampleRange lines(
        std::min({y[0], y[1], y[2]}), std::max({y[0], y[1], y[2]}), buffer.rows);
    if (lines.first > lines.last) continue;
    const SampleRange columns(
        std::min({x[0], x[1], x[2]}), std::max({x[0], x[1], x[2]}), buffer.columns);
    if (columns.first > columns.last) continue;
    const Outline outline(mesh, shading, n);
    const Scalar step = Scalar(shading.inverse_depth_along_x(n));
    for (int line = lines.first; line <= lines.last; ++line) {
      double low, high;
      outline.span(line, low, high);
      const SampleRange span(low, high, buffer.columns);
      if (span.first > span.last) continue;
      const std::size_t row = std::size_t(line) * buffer.columns;
      Scalar* inverse_depth = buffer.inverse_depth + row;
      std::int32_t* nearest = buffer.nearest + row;
      const Scalar start = Scalar(shading.inverse_depth_at(n, span.first, line));
      for (int i = span.first; i <= span.last; ++i) {
        const Scalar here = start + Scalar(i - span.first) * step;
        if (here > inverse_depth[i]) {
          inverse_depth[i] = here;
          nearest[i] = std::int32_t(n);
        }
      }
    }
  }
}

template void draw_nearest(const ScreenMesh&, const Shading&, double, const ZBuffer<float>&);
template void draw_nearest(const ScreenMesh&, const Shading&, double, const ZBuffer<double>&);

}  // namespace monodr::neural_mesh_renderer
