// SPDX-License-Identifier: Apache-2.0
// The same instruction sets as rasterize_simd.cpp.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/soft_rasterizer/rasterize_backward_simd.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first: it includes this file once for every target.
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/soft_rasterizer/face_setup-inl.h"
#include "kernels/soft_rasterizer/hard_shading-inl.h"
#include "kernels/soft_rasterizer/rasterize.h"
#include "kernels/soft_rasterizer/silhouette-inl.h"
#include "kernels/soft_rasterizer/softmax_shading-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {

/// SilhouetteSums' `incoming`.
const float* silhouette_gradient(const Settings& settings,
                                 const float* silhouette,
                                 const float* gradient,
                                 float* incoming) {
  const float scale = float(-1 / settings.sigma);
  const std::size_t pixels = std::size_t(settings.height) * settings.width;
  for (std::size_t n = 0; n < pixels; ++n) incoming[n] = scale * gradient[n] * (1 - silhouette[n]);
  return incoming;
}

void draw_hard_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        Part part,
                        Scratch& scratch,
                        const Images<const float>& images,
                        const ImageGradients<float>& gradients,
                        FaceGradients& out) {
  const std::size_t pixels = std::size_t(settings.height) * settings.width;
  const bool covers = gradients.silhouette != nullptr, shades = gradients.shaded();
  scratch.planes.resize(pixels);
  if (covers)
    silhouette_gradient(settings, images.silhouette, gradients.silhouette, scratch.planes.data());
  const float margin = radius_of(settings);
  const auto cover_cells = [&](const CellLanes& cells) HWY_ATTR {
    SilhouetteSums sums{CellEdges(cells),
                        scratch.planes.data(),
                        float(settings.squared_radius),
                        float(1 / settings.sigma)};
    visit_cells(cells, settings.width, sums);
    Float values[FaceGradients::kCover][3];
    for (auto& value : values)
      for (Float& corner : value) corner = hn::Zero(FloatTag());
    sums.sums.finish(sums.edges, values[0], values[1]);
    add_to_faces(cells, values, 0, FaceGradients::kCover, out);
  };
  const auto shade_cells = [&](const CellLanes& cells) HWY_ATTR {
    HardSums sums(cells, images.nearest, gradients, pixels);
    visit_cells(cells, settings.width, sums);
    if (!sums.any) return;
    Float values[FaceGradients::kShading][3];
    sums.finish(values);
    add_to_faces(cells, values, FaceGradients::kCover, FaceGradients::kShading, out);
  };
  CellQueue cover_queue(settings, margin, cover_cells);
  CellQueue shade_queue(settings, 0.0f, shade_cells);
  for_each_face(
      mesh, settings, part, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        if (covers) cover_queue.add(chunk, n, triangle, chunk.reach.at(n));
        const Box core = chunk.core.at(n);
        if (!shades || core.empty()) return;
        const FaceShade shade = shade_of(mesh, chunk, n, triangle);
        shade_queue.add(chunk, n, triangle, core, &shade);
      });
  cover_queue.finish();
  shade_queue.finish();
}

/// In scratch.planes.
SoftPixels soft_pixels(const Settings& settings,
                       const DepthExponent& exponent,
                       const Images<const float>& images,
                       const ImageGradients<float>& gradients,
                       Scratch& scratch) {
  const std::size_t area = std::size_t(settings.height) * settings.width;
  const float scale = float(-1 / settings.sigma);
  scratch.planes.resize(std::max(scratch.planes.size(), SoftPixels::kSize * area));
  for (std::size_t n = 0; n < area; ++n) {
    float* pixel = scratch.planes.data() + SoftPixels::kSize * n;
    std::fill_n(pixel, int(SoftPixels::kSize), 0.0f);
    const float weight = images.weight[n];
    pixel[SoftPixels::kExponent] = images.exponent[n];
    if (gradients.silhouette != nullptr)
      pixel[SoftPixels::kSilhouette] = scale * gradients.silhouette[n] * (1 - images.silhouette[n]);
    if (!(weight > 0)) continue;
    if (gradients.depth != nullptr) {
      pixel[SoftPixels::kDepth] = gradients.depth[n] / weight;
      pixel[SoftPixels::kBlended] = pixel[SoftPixels::kDepth] * images.depth[n];
    }
    if (gradients.colour == nullptr) continue;
    const float inverse = inverse_sum(exponent.background, images.exponent[n], weight);
    for (int channel = 0; channel < 3; ++channel) {
      const float g = gradients.colour[channel * area + n] * inverse;
      pixel[SoftPixels::kColour + channel] = g;
      pixel[SoftPixels::kBlended] += g * images.colour[channel * area + n];
    }
  }
  return {scratch.planes.data(),
          gradients.silhouette != nullptr,
          gradients.depth != nullptr,
          gradients.colour != nullptr};
}

void draw_softmax_backward(const ScreenMesh& mesh,
                           const Settings& settings,
                           Part part,
                           Scratch& scratch,
                           const Images<const float>& images,
                           const ImageGradients<float>& gradients,
                           FaceGradients& out) {
  const DepthExponent exponent(mesh, settings);
  const SoftPixels pixels = soft_pixels(settings, exponent, images, gradients, scratch);
  const float margin = radius_of(settings);
  const auto visit = [&](const CellLanes& cells) HWY_ATTR {
    SoftSums sums(cells, pixels, settings, exponent);
    visit_cells(cells, settings.width, sums);
    Float values[FaceGradients::kShading][3];
    sums.finish(values);
    add_to_faces(cells, values, FaceGradients::kCover, FaceGradients::kShading, out);
  };
  CellQueue queue(settings, margin, visit);
  for_each_face(
      mesh, settings, part, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        const FaceShade shade = exponent.shade_of(mesh, chunk, n, triangle);
        queue.add(chunk, n, triangle, chunk.reach.at(n), &shade);
      });
  queue.finish();
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace monodr::soft_rasterizer {

HWY_EXPORT(draw_hard_backward);
HWY_EXPORT(draw_softmax_backward);

void FaceGradients::add_to(const ScreenMesh& mesh, ScreenMeshGradient& gradient) const {
  const float* from = data.data();
  for (std::size_t n = 0; n < mesh.triangle_count(); ++n)
    for (int corner = 0; corner < 3; ++corner, from += values) {
      const std::int32_t vertex = mesh.triangle[corner][n];
      gradient.u[vertex] += from[0];
      gradient.v[vertex] += from[1];
      if (values == kCover) continue;
      const float* shading = from + kCover;
      gradient.u[vertex] += shading[0];
      gradient.v[vertex] += shading[1];
      gradient.inverse_depth[vertex] += shading[2];
      if (gradient.colours.empty()) continue;
      for (int channel = 0; channel < 3; ++channel)
        gradient.colours[3 * vertex + channel] += shading[3 + channel];
    }
}

void rasterize_backward(const Settings& settings,
                        Part part,
                        Scratch& scratch,
                        const Images<const float>& images,
                        const ImageGradients<float>& gradients,
                        FaceGradients& out) {
  if (gradients.shaded() && settings.softmax)
    return HWY_DYNAMIC_DISPATCH(draw_softmax_backward)(
        scratch.mesh, settings, part, scratch, images, gradients, out);
  HWY_DYNAMIC_DISPATCH(draw_hard_backward)
  (scratch.mesh, settings, part, scratch, images, gradients, out);
}

}  // namespace monodr::soft_rasterizer
#endif  // HWY_ONCE
