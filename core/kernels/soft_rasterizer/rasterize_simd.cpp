// SPDX-License-Identifier: Apache-2.0
// AVX-512, AVX2, SSE4, and plain scalar code for any x86-64.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/soft_rasterizer/rasterize_simd.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first: it includes this file once for every target.
#include <hwy/highway.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/soft_rasterizer/face_setup-inl.h"
#include "kernels/soft_rasterizer/hard_shading-inl.h"
#include "kernels/soft_rasterizer/rasterize.h"
#include "kernels/soft_rasterizer/silhouette-inl.h"
#include "kernels/soft_rasterizer/softmax_shading-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {

/// Cuts planes of one image out of a thread's scratch memory.
class PlaneStack {
 public:
  PlaneStack(const Settings& settings, const Band& band, int count, std::vector<float>& memory)
      : band_(band), height_(settings.height), width_(settings.width) {
    if (memory.size() < count * size()) memory.resize(count * size());
    next_ = memory.data();
  }
  /// A plane with the band and all that blocks hanging over it touch set to `value`.
  Plane take(float value) {
    const Plane plane{next_, Plane::stride_for(width_)};
    next_ += size();
    std::fill(plane.data + std::size_t(band_.first) * plane.stride,
              plane.data + std::size_t(band_.last + Plane::kRowsBelow) * plane.stride,
              value);
    return plane;
  }

 private:
  std::size_t size() const { return Plane::size_for(height_, width_); }

  Band band_;
  int height_, width_;
  float* next_ = nullptr;
};

/// Calls function(pixel of the image, index into a plane) for every pixel of the band.
template <class Function>
HWY_INLINE void for_each_pixel(const Settings& settings,
                               const Band& band,
                               const Function& function) {
  const int stride = Plane::stride_for(settings.width);
  for (int y = band.first; y < band.last; ++y)
    for (int x = 0; x < settings.width; ++x) function(y * settings.width + x, y * stride + x);
}

void write_silhouette(const Plane& background,
                      const Settings& settings,
                      const Band& band,
                      float* silhouette) {
  for_each_pixel(
      settings, band, [&](int pixel, int at) { silhouette[pixel] = 1 - background.data[at]; });
}

void draw_hard(const ScreenMesh& mesh,
               const Settings& settings,
               Part part,
               Scratch& scratch,
               const Images<float>& images) {
  const Band band(settings.height, part);
  PlaneStack stack(settings, band, 6, scratch.planes);
  const bool covers = images.silhouette != nullptr, shades = images.shaded();
  Plane background{};
  HardPlanes planes{};
  if (covers) background = stack.take(1.0f);
  if (shades) {
    planes.inverse_depth = stack.take(float(1 / settings.far));
    planes.nearest = stack.take(std::bit_cast<float>(std::int32_t(-1)));
    if (images.colour != nullptr)
      for (Plane& plane : planes.colour) plane = stack.take(0.0f);
  }
  const int stride = Plane::stride_for(settings.width);
  const float margin = radius_of(settings);
  for_each_face(
      mesh, settings, {}, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        if (covers) {
          SilhouetteForward visitor{Edges(chunk, n),
                                    background,
                                    float(settings.squared_radius),
                                    float(1 / settings.sigma)};
          visit_box(chunk, n, chunk.reach.at(n), band, margin, stride, visitor);
        }
        const Box core = chunk.core.at(n);
        if (!shades || core.empty()) return;
        const FaceShade shade = shade_of(mesh, chunk, n, triangle);
        HardForward visitor{Edges(chunk, n), shade, planes, std::int32_t(triangle)};
        visit_box(chunk, n, core, band, 0.0f, stride, visitor);
      });
  if (covers) write_silhouette(background, settings, band, images.silhouette);
  if (!shades) return;
  const int area = settings.height * settings.width;
  for_each_pixel(settings, band, [&](int pixel, int at) {
    const auto nearest = std::bit_cast<std::int32_t>(planes.nearest.data[at]);
    images.nearest[pixel] = nearest;
    if (images.depth != nullptr)
      images.depth[pixel] = nearest < 0 ? 0 : 1 / planes.inverse_depth.data[at];
  });
  if (images.colour == nullptr) return;
  for (int channel = 0; channel < 3; ++channel)
    for_each_pixel(settings, band, [&](int pixel, int at) {
      images.colour[channel * area + pixel] = planes.colour[channel].data[at];
    });
}

void draw_softmax(const ScreenMesh& mesh,
                  const Settings& settings,
                  Part part,
                  Scratch& scratch,
                  const Images<float>& images) {
  const DepthExponent exponent(mesh, settings);
  const Band band(settings.height, part);
  PlaneStack stack(settings, band, 7, scratch.planes);
  SoftPlanes planes{{}, stack.take(exponent.background), stack.take(0.0f), {}, {}};
  if (images.silhouette != nullptr) planes.background = stack.take(1.0f);
  if (images.depth != nullptr) planes.depth = stack.take(0.0f);
  if (images.colour != nullptr)
    for (Plane& plane : planes.colour) plane = stack.take(0.0f);
  const float margin = radius_of(settings);
  for_each_face(
      mesh, settings, {}, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        const FaceShade shade = exponent.shade_of(mesh, chunk, n, triangle);
        SoftForward visitor{Edges(chunk, n),
                            shade,
                            planes,
                            float(settings.squared_radius),
                            float(1 / settings.sigma),
                            float(settings.far)};
        visit_box(chunk, n, chunk.reach.at(n), band, margin, planes.weight.stride, visitor);
      });
  if (images.silhouette != nullptr)
    write_silhouette(planes.background, settings, band, images.silhouette);
  const int area = settings.height * settings.width;
  for_each_pixel(settings, band, [&](int pixel, int at) {
    const float largest = planes.exponent.data[at], weight = planes.weight.data[at];
    images.exponent[pixel] = largest;
    images.weight[pixel] = weight;
    if (images.depth != nullptr)
      images.depth[pixel] = weight > 0 ? planes.depth.data[at] / weight : 0;
    if (images.colour == nullptr) return;
    const float inverse = weight > 0 ? inverse_sum(exponent.background, largest, weight) : 0;
    for (int channel = 0; channel < 3; ++channel)
      images.colour[channel * area + pixel] = planes.colour[channel].data[at] * inverse;
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace monodr::soft_rasterizer {

HWY_EXPORT(draw_hard);
HWY_EXPORT(draw_softmax);

namespace {

/// Nearest first: most of what lies behind is then known to have no weight before it is shaded.
/// Roughly, by a counting sort; faces that share a bin keep their order.
void sort_front_to_back(ScreenMesh& mesh) {
  constexpr int kBins = 256;
  const std::size_t count = mesh.triangle_count();
  std::vector<double> nearest(count);
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::size_t n = 0; n < count; ++n) {
    const auto q = [&](int corner) { return mesh.inverse_depth[mesh.triangle[corner][n]]; };
    nearest[n] = std::max({q(0), q(1), q(2)});
    least = std::min(least, nearest[n]);
    most = std::max(most, nearest[n]);
  }
  if (!(most > least)) return;
  const double scale = (kBins - 1) / (most - least);
  const auto bin = [&](std::size_t n) { return int((most - nearest[n]) * scale); };
  std::size_t start[kBins + 1] = {};
  for (std::size_t n = 0; n < count; ++n) ++start[bin(n) + 1];
  std::partial_sum(start, start + kBins + 1, start);
  std::vector<std::int32_t> sorted[3];
  for (auto& corner : sorted) corner.resize(count);
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t to = start[bin(n)]++;
    for (int k = 0; k < 3; ++k) sorted[k][to] = mesh.triangle[k][n];
  }
  for (int k = 0; k < 3; ++k) mesh.triangle[k].swap(sorted[k]);
}

}  // namespace

void rasterize(const Settings& settings, Part part, Scratch& scratch, const Images<float>& images) {
  if (images.shaded() && settings.softmax) {  // the silhouette comes with it
    sort_front_to_back(scratch.mesh);
    HWY_DYNAMIC_DISPATCH(draw_softmax)(scratch.mesh, settings, part, scratch, images);
  } else {
    HWY_DYNAMIC_DISPATCH(draw_hard)(scratch.mesh, settings, part, scratch, images);
  }
}

}  // namespace monodr::soft_rasterizer
#endif  // HWY_ONCE
