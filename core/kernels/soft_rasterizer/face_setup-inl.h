// SPDX-License-Identifier: Apache-2.0
// Prepares triangles for the pixel loops, one triangle a lane, in double precision.

#if defined(MONODR_FACE_SETUP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_FACE_SETUP_INL_H_
#undef MONODR_FACE_SETUP_INL_H_
#else
#define MONODR_FACE_SETUP_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "kernels/soft_rasterizer/faces.h"
#include "kernels/soft_rasterizer/rasterize.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using DoubleTag = HWY_CAPPED(double, 8);
using NarrowFloatTag = hn::Rebind<float, DoubleTag>;
using NarrowIntTag = hn::Rebind<std::int32_t, DoubleTag>;
using LongTag = hn::Rebind<std::int64_t, DoubleTag>;
using Double = hn::Vec<DoubleTag>;
using NarrowFloat = hn::Vec<NarrowFloatTag>;

/// First and number of the pixels whose centres lie within [low - margin, high + margin].
HWY_INLINE NarrowFloat pixel_range(Double low,
                                   Double high,
                                   float margin,
                                   int size,
                                   std::int32_t* first_out,
                                   std::int32_t* count_out) {
  const NarrowFloatTag df;
  const NarrowIntTag di;
  // Half a thousandth of a pixel over, so that rounding never loses a pixel; the pixel loops
  // measure the distance itself.
  const auto before = hn::Set(df, -0.5f - margin - 5e-4f);
  const auto after = hn::Set(df, -0.5f + margin + 5e-4f);
  const auto none = hn::Set(df, -1.0f);
  const auto end = hn::Set(df, float(size));
  auto first = hn::Ceil(hn::Add(hn::DemoteTo(df, low), before));
  auto last = hn::Floor(hn::Add(hn::DemoteTo(df, high), after));
  first = hn::Min(hn::Max(first, hn::Zero(df)), end);
  last = hn::Min(hn::Max(last, none), hn::Add(end, none));
  hn::StoreU(hn::ConvertTo(di, first), di, first_out);
  hn::StoreU(hn::ConvertTo(di, hn::Sub(hn::Sub(last, first), none)), di, count_out);
  return first;
}

/// Fills `chunk` from triangles [begin, begin + count) of the mesh; `reach` is `margin` px wider
/// than the triangle.
static HWY_NOINLINE void set_up_faces(const ScreenMesh& mesh,
                                      std::size_t begin,
                                      int count,
                                      const Settings& settings,
                                      float margin,
                                      FaceChunk& chunk) {
  const DoubleTag dd;
  const NarrowFloatTag df;
  const NarrowIntTag di;
  const LongTag dl;
  const int lanes = int(hn::Lanes(dd));
  alignas(64) std::int32_t corner[3][FaceChunk::kFaces];
  for (int k = 0; k < 3; ++k) {
    std::copy_n(mesh.triangle[k].data() + begin, count, corner[k]);
    std::fill(corner[k] + count, corner[k] + FaceChunk::kFaces, corner[k][count - 1]);
  }
  for (int n = 0; n < count; n += lanes) {
    Double u[3], v[3];
    for (int k = 0; k < 3; ++k) {
      const auto index = hn::PromoteTo(dl, hn::LoadU(di, corner[k] + n));
      u[k] = hn::GatherIndex(dd, mesh.u.data(), index);
      v[k] = hn::GatherIndex(dd, mesh.v.data(), index);
    }
    const auto low_u = hn::Min(u[0], hn::Min(u[1], u[2])),
               high_u = hn::Max(u[0], hn::Max(u[1], u[2]));
    const auto low_v = hn::Min(v[0], hn::Min(v[1], v[2])),
               high_v = hn::Max(v[0], hn::Max(v[1], v[2]));
    FaceChunk::Boxes& reach = chunk.reach;
    FaceChunk::Boxes& core = chunk.core;
    const auto left =
        pixel_range(low_u, high_u, margin, settings.width, reach.left + n, reach.width + n);
    const auto top =
        pixel_range(low_v, high_v, margin, settings.height, reach.top + n, reach.height + n);
    pixel_range(low_u, high_u, 0.0f, settings.width, core.left + n, core.width + n);
    pixel_range(low_v, high_v, 0.0f, settings.height, core.top + n, core.height + n);
    const auto half = hn::Set(dd, 0.5);
    const auto origin_x = hn::Add(hn::PromoteTo(dd, left), half);
    const auto origin_y = hn::Add(hn::PromoteTo(dd, top), half);
    const auto one = hn::Set(dd, 1.0);
    const auto area = hn::Sub(hn::Mul(hn::Sub(u[1], u[0]), hn::Sub(v[2], v[0])),
                              hn::Mul(hn::Sub(v[1], v[0]), hn::Sub(u[2], u[0])));
    const auto inverse_area = hn::Div(one, area);
    for (int k = 0; k < 3; ++k) {
      const int next = (k + 1) % 3, across = (k + 2) % 3;
      const auto du = hn::Sub(u[next], u[k]), dv = hn::Sub(v[next], v[k]);
      const auto length = hn::Sqrt(hn::MulAdd(du, du, hn::Mul(dv, dv)));
      const auto inverse = hn::Div(one, length);
      const auto ux = hn::Mul(du, inverse), uy = hn::Mul(dv, inverse);
      const auto x = hn::Sub(origin_x, u[k]), y = hn::Sub(origin_y, v[k]);
      hn::StoreU(hn::DemoteTo(df, ux), df, chunk.ux[k] + n);
      hn::StoreU(hn::DemoteTo(df, uy), df, chunk.uy[k] + n);
      hn::StoreU(hn::DemoteTo(df, length), df, chunk.length[k] + n);
      hn::StoreU(
          hn::DemoteTo(df, hn::Sub(hn::Mul(ux, y), hn::Mul(uy, x))), df, chunk.inward0[k] + n);
      hn::StoreU(hn::DemoteTo(df, hn::MulAdd(ux, x, hn::Mul(uy, y))), df, chunk.along0[k] + n);
      hn::StoreU(
          hn::DemoteTo(df, hn::Mul(length, inverse_area)), df, chunk.inverse_height[across] + n);
    }
  }
}

/// px, how far from its border a face counts.
inline float radius_of(const Settings& settings) {
  return float(std::sqrt(settings.squared_radius));
}

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

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
