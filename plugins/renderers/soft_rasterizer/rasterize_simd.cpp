// SPDX-License-Identifier: Apache-2.0
// AVX-512, AVX2 and a baseline are enough: what lies between differs little from the baseline.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "soft_rasterizer/rasterize_simd.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first: it includes this file once for every target.
#include <hwy/highway.h>

#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "soft_rasterizer/face_setup-inl.h"
#include "soft_rasterizer/hard_shading-inl.h"
#include "soft_rasterizer/rasterize.h"
#include "soft_rasterizer/silhouette-inl.h"
#include "soft_rasterizer/softmax_shading-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {

inline float radius_of(const Settings& settings) {
  return float(std::sqrt(settings.squared_radius));
}

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

/// Calls function(chunk, n, triangle) for the triangles of the part that may touch the image.
template <class Function>
HWY_INLINE void for_each_face(const ScreenMesh& mesh,
                              const Settings& settings,
                              Part part,
                              const Function& function) {
  FaceChunk chunk;
  // The same margin for images without blur: it decides where a face counts its pixels from, and
  // no image may depend on what else is asked for.
  const float margin = radius_of(settings);
  const std::size_t end = mesh.triangle_count() * (part.index + 1) / part.count;
  for (std::size_t begin = mesh.triangle_count() * part.index / part.count; begin < end;
       begin += FaceChunk::kFaces) {
    const int count = int(std::min<std::size_t>(FaceChunk::kFaces, end - begin));
    set_up_faces(mesh, begin, count, settings, margin, chunk);
    for (int n = 0; n < count; ++n)
      if (!chunk.reach.at(n).empty()) function(chunk, n, begin + n);
  }
}

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

/// 1 / the sum of a pixel's weights, the background's among them.
inline float inverse_sum(float background, float largest, float weight) {
  const float behind = background - largest;
  return 1 / (weight + (behind < kLeastExponent ? 0 : std::exp(behind)));
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
                        const Images<float>& images,
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
                       const Images<float>& images,
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
                           const Images<float>& images,
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

HWY_EXPORT(draw_hard);
HWY_EXPORT(draw_hard_backward);
HWY_EXPORT(draw_softmax);
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

void rasterize_backward(const Settings& settings,
                        Part part,
                        Scratch& scratch,
                        const Images<float>& images,
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
