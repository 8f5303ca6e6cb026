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

#include "soft_rasterizer/face_setup-inl.h"
#include "soft_rasterizer/hard_shading-inl.h"
#include "soft_rasterizer/rasterize.h"
#include "soft_rasterizer/silhouette-inl.h"
#include "soft_rasterizer/softmax_shading-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {

/// Cuts planes of one image out of a thread's scratch memory.
class PlaneStack {
 public:
  PlaneStack(const Settings& settings, int count, std::vector<float>& memory)
      : height_(settings.height), width_(settings.width) {
    if (memory.size() < count * size()) memory.resize(count * size());
    next_ = memory.data();
  }
  Plane take(float value) {
    const Plane plane = take_unset();
    std::fill_n(plane.data, size(), value);
    return plane;
  }
  /// A copy of a [H,W] image; `around` fills the margin.
  Plane take_copy(const float* image, float around) {
    const Plane plane = take(around);
    for (int y = 0; y < height_; ++y)
      std::copy_n(image + std::size_t(y) * width_, width_, plane.data + y * plane.stride);
    return plane;
  }

 private:
  std::size_t size() const { return Plane::size_for(height_, width_); }
  Plane take_unset() {
    const Plane plane{next_, Plane::stride_for(width_)};
    next_ += size();
    return plane;
  }

  int height_, width_;
  float* next_ = nullptr;
};

/// Calls function(chunk, n, triangle) for every triangle that may touch the image.
template <class Function>
HWY_INLINE void for_each_face(const ScreenMesh& mesh,
                              const Settings& settings,
                              float margin,
                              const Function& function) {
  FaceChunk chunk;
  for (std::size_t begin = 0; begin < mesh.triangle_count(); begin += FaceChunk::kFaces) {
    const int count = int(std::min<std::size_t>(FaceChunk::kFaces, mesh.triangle_count() - begin));
    set_up_faces(mesh, begin, count, settings, margin, chunk);
    for (int n = 0; n < count; ++n)
      if (chunk.width[n] > 0 && chunk.height[n] > 0) function(chunk, n, begin + n);
  }
}

/// Calls function(pixel of the image, index into a plane) for every pixel.
template <class Function>
HWY_INLINE void for_each_pixel(const Settings& settings, int stride, const Function& function) {
  for (int y = 0; y < settings.height; ++y)
    for (int x = 0; x < settings.width; ++x) function(y * settings.width + x, y * stride + x);
}

void write_silhouette(const Plane& background, const Settings& settings, float* silhouette) {
  for_each_pixel(settings, background.stride, [&](int pixel, int at) {
    silhouette[pixel] = 1 - background.data[at];
  });
}

/// SilhouetteBackward's `incoming`.
Plane take_silhouette_gradient(PlaneStack& stack,
                               const Settings& settings,
                               const float* silhouette,
                               const float* gradient) {
  const Plane incoming = stack.take(0.0f);
  const float scale = float(-1 / settings.sigma);
  for_each_pixel(settings, incoming.stride, [&](int pixel, int at) {
    incoming.data[at] = scale * gradient[pixel] * (1 - silhouette[pixel]);
  });
  return incoming;
}

void draw_silhouette(const ScreenMesh& mesh,
                     const Settings& settings,
                     Scratch& scratch,
                     float* silhouette) {
  PlaneStack stack(settings, 1, scratch.planes);
  const Plane background = stack.take(1.0f);
  const float margin = float(std::sqrt(settings.squared_radius));
  for_each_face(mesh, settings, margin, [&](const FaceChunk& chunk, int n, std::size_t) HWY_ATTR {
    SilhouetteForward visitor{
        Edges(chunk, n), background, float(settings.squared_radius), float(1 / settings.sigma)};
    visit_face(chunk, n, margin, background.stride, visitor);
  });
  write_silhouette(background, settings, silhouette);
}

void draw_silhouette_backward(const ScreenMesh& mesh,
                              const Settings& settings,
                              Scratch& scratch,
                              const float* silhouette,
                              const float* gradient) {
  PlaneStack stack(settings, 1, scratch.planes);
  const Plane incoming = take_silhouette_gradient(stack, settings, silhouette, gradient);
  const float margin = float(std::sqrt(settings.squared_radius));
  for_each_face(
      mesh, settings, margin, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        SilhouetteBackward visitor{
            Edges(chunk, n), incoming, float(settings.squared_radius), float(1 / settings.sigma)};
        visit_face(chunk, n, margin, incoming.stride, visitor);
        if (visitor.any) visitor.sums.scatter(mesh, triangle, chunk, n, scratch.gradient);
      });
}

void draw_hard(const ScreenMesh& mesh,
               const Settings& settings,
               Scratch& scratch,
               const Images<float>& images) {
  PlaneStack stack(settings, 5, scratch.planes);
  const float nothing = std::bit_cast<float>(std::int32_t(-1));
  HardPlanes planes{stack.take(float(1 / settings.far)), stack.take(nothing), {}};
  if (images.colour != nullptr)
    for (Plane& plane : planes.colour) plane = stack.take(0.0f);
  for_each_face(
      mesh, settings, 0.0f, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        HardForward visitor{
            Edges(chunk, n), CornerValues(mesh, triangle), planes, std::int32_t(triangle)};
        visit_face(chunk, n, 0.0f, planes.nearest.stride, visitor);
      });
  const int area = settings.height * settings.width;
  for_each_pixel(settings, planes.nearest.stride, [&](int pixel, int at) {
    const auto nearest = std::bit_cast<std::int32_t>(planes.nearest.data[at]);
    images.nearest[pixel] = nearest;
    if (images.depth != nullptr)
      images.depth[pixel] = nearest < 0 ? 0 : 1 / planes.inverse_depth.data[at];
    if (images.colour != nullptr)
      for (int channel = 0; channel < 3; ++channel)
        images.colour[channel * area + pixel] = planes.colour[channel].data[at];
  });
}

void draw_hard_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        Scratch& scratch,
                        const Images<float>& images,
                        const ImageGradients<float>& gradients) {
  PlaneStack stack(settings, 5, scratch.planes);
  HardGradientPlanes planes{stack.take(std::bit_cast<float>(std::int32_t(-1))), {}, {}};
  for_each_pixel(settings, planes.nearest.stride, [&](int pixel, int at) {
    planes.nearest.data[at] = std::bit_cast<float>(images.nearest[pixel]);
  });
  const int area = settings.height * settings.width;
  if (gradients.depth != nullptr) planes.depth = stack.take_copy(gradients.depth, 0.0f);
  if (gradients.colour != nullptr)
    for (int channel = 0; channel < 3; ++channel)
      planes.colour[channel] = stack.take_copy(gradients.colour + channel * area, 0.0f);
  for_each_face(
      mesh, settings, 0.0f, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        HardBackward visitor(chunk, n, mesh, planes, std::int32_t(triangle));
        visit_face(chunk, n, 0.0f, planes.nearest.stride, visitor);
        if (visitor.any) visitor.scatter(mesh, scratch.gradient);
      });
}

/// exp(background - largest), the background's weight in the sums of a pixel.
inline float background_weight(float background, float largest) {
  return background - largest < -80 ? 0 : std::exp(background - largest);
}

void draw_softmax(const ScreenMesh& mesh,
                  const Settings& settings,
                  Scratch& scratch,
                  const Images<float>& images) {
  const DepthExponent exponent(mesh, settings);
  PlaneStack stack(settings, 7, scratch.planes);
  SoftPlanes planes{{}, stack.take(exponent.background), stack.take(0.0f), {}, {}};
  if (images.silhouette != nullptr) planes.background = stack.take(1.0f);
  if (images.depth != nullptr) planes.depth = stack.take(0.0f);
  if (images.colour != nullptr)
    for (Plane& plane : planes.colour) plane = stack.take(0.0f);
  const float margin = float(std::sqrt(settings.squared_radius));
  for_each_face(
      mesh, settings, margin, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        SoftForward visitor{Edges(chunk, n),
                            SoftCorners(mesh, triangle, exponent),
                            planes,
                            float(settings.squared_radius),
                            float(1 / settings.sigma),
                            float(exponent.inverse),
                            float(settings.far)};
        visit_face(chunk, n, margin, planes.weight.stride, visitor);
      });
  if (images.silhouette != nullptr)
    write_silhouette(planes.background, settings, images.silhouette);
  const int area = settings.height * settings.width;
  for_each_pixel(settings, planes.weight.stride, [&](int pixel, int at) {
    const float largest = planes.exponent.data[at], weight = planes.weight.data[at];
    images.exponent[pixel] = largest;
    images.weight[pixel] = weight;
    if (images.depth != nullptr)
      images.depth[pixel] = weight > 0 ? planes.depth.data[at] / weight : 0;
    if (images.colour == nullptr) return;
    const float inverse = 1 / (weight + background_weight(exponent.background, largest));
    for (int channel = 0; channel < 3; ++channel)
      images.colour[channel * area + pixel] = planes.colour[channel].data[at] * inverse;
  });
}

void draw_softmax_backward(const ScreenMesh& mesh,
                           const Settings& settings,
                           Scratch& scratch,
                           const Images<float>& images,
                           const ImageGradients<float>& gradients) {
  const DepthExponent exponent(mesh, settings);
  PlaneStack stack(settings, 7, scratch.planes);
  SoftGradientPlanes planes{{}, stack.take(0.0f), {}, {}, stack.take(0.0f)};
  if (gradients.silhouette != nullptr)
    planes.silhouette =
        take_silhouette_gradient(stack, settings, images.silhouette, gradients.silhouette);
  if (gradients.depth != nullptr) planes.depth = stack.take(0.0f);
  if (gradients.colour != nullptr)
    for (Plane& plane : planes.colour) plane = stack.take(0.0f);
  const int area = settings.height * settings.width;
  for_each_pixel(settings, planes.exponent.stride, [&](int pixel, int at) {
    const float largest = images.exponent[pixel], weight = images.weight[pixel];
    planes.exponent.data[at] = largest;
    if (!(weight > 0)) return;
    if (gradients.depth != nullptr) {
      const float g = gradients.depth[pixel] / weight;
      planes.depth.data[at] = g;
      planes.blended.data[at] += g * images.depth[pixel];
    }
    if (gradients.colour == nullptr) return;
    const float inverse = 1 / (weight + background_weight(exponent.background, largest));
    for (int channel = 0; channel < 3; ++channel) {
      const float g = gradients.colour[channel * area + pixel] * inverse;
      planes.colour[channel].data[at] = g;
      planes.blended.data[at] += g * images.colour[channel * area + pixel];
    }
  });
  const float margin = float(std::sqrt(settings.squared_radius));
  for_each_face(
      mesh, settings, margin, [&](const FaceChunk& chunk, int n, std::size_t triangle) HWY_ATTR {
        SoftBackward visitor{Edges(chunk, n),
                             SoftCorners(mesh, triangle, exponent),
                             planes,
                             float(settings.squared_radius),
                             float(1 / settings.sigma),
                             float(exponent.inverse),
                             float(settings.far)};
        visit_face(chunk, n, margin, planes.exponent.stride, visitor);
        if (!visitor.any) return;
        visitor.edge_sums.scatter(mesh, triangle, chunk, n, scratch.gradient);
        visitor.shade_sums.scatter(mesh,
                                   triangle,
                                   chunk,
                                   n,
                                   visitor.corners.value,
                                   gradients.colour != nullptr,
                                   scratch.gradient);
      });
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace monodr::soft_rasterizer {

HWY_EXPORT(draw_silhouette);
HWY_EXPORT(draw_silhouette_backward);
HWY_EXPORT(draw_hard);
HWY_EXPORT(draw_hard_backward);
HWY_EXPORT(draw_softmax);
HWY_EXPORT(draw_softmax_backward);

void rasterize(const ScreenMesh& mesh,
               const Settings& settings,
               Scratch& scratch,
               const Images<float>& images) {
  if (images.shaded() && settings.softmax)  // the silhouette comes with it
    return HWY_DYNAMIC_DISPATCH(draw_softmax)(mesh, settings, scratch, images);
  if (images.silhouette != nullptr)
    HWY_DYNAMIC_DISPATCH(draw_silhouette)(mesh, settings, scratch, images.silhouette);
  if (images.shaded()) HWY_DYNAMIC_DISPATCH(draw_hard)(mesh, settings, scratch, images);
}

void rasterize_backward(const ScreenMesh& mesh,
                        const Settings& settings,
                        Scratch& scratch,
                        const Images<float>& images,
                        const ImageGradients<float>& gradients) {
  if (gradients.shaded() && settings.softmax)
    return HWY_DYNAMIC_DISPATCH(draw_softmax_backward)(mesh, settings, scratch, images, gradients);
  if (gradients.silhouette != nullptr) HWY_DYNAMIC_DISPATCH(draw_silhouette_backward)
  (mesh, settings, scratch, images.silhouette, gradients.silhouette);
  if (gradients.shaded())
    HWY_DYNAMIC_DISPATCH(draw_hard_backward)(mesh, settings, scratch, images, gradients);
}

}  // namespace monodr::soft_rasterizer
#endif  // HWY_ONCE
