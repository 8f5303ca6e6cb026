// SPDX-License-Identifier: Apache-2.0
// Depth and colour of the nearest face, with the exact gradient of what is visible and none of what
// its border hides.

#if defined(MONODR_HARD_SHADING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_HARD_SHADING_INL_H_
#undef MONODR_HARD_SHADING_INL_H_
#else
#define MONODR_HARD_SHADING_INL_H_
#endif

#include "kernels/soft_rasterizer/cells-inl.h"
#include "kernels/soft_rasterizer/pixel_blocks-inl.h"
#include "kernels/soft_rasterizer/silhouette-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE FaceShade shade_of(const ScreenMesh& mesh,
                              const FaceChunk& chunk,
                              int n,
                              std::size_t triangle) {
  FaceShade shade{};
  for (int k = 0; k < 3; ++k) {
    const std::int32_t vertex = mesh.triangle[k][triangle];
    shade.inverse_height[k] = chunk.inverse_height[k][n];
    shade.inverse_depth[k] = float(mesh.inverse_depth[vertex]);
    if (!mesh.colours.empty())
      for (int channel = 0; channel < 3; ++channel)
        shade.colour[channel][k] = float(mesh.colours[3 * vertex + channel]);
  }
  return shade;
}

/// FaceShade as vectors: of one face in every lane, or of each lane's own.
struct ShadeLanes {
  Float inverse_height[3], inverse_depth[3], colour[3][3];

  HWY_INLINE explicit ShadeLanes(const FaceShade& shade) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      inverse_height[k] = hn::Set(d, shade.inverse_height[k]);
      inverse_depth[k] = hn::Set(d, shade.inverse_depth[k]);
      for (int channel = 0; channel < 3; ++channel)
        colour[channel][k] = hn::Set(d, shade.colour[channel][k]);
    }
  }
  HWY_INLINE explicit ShadeLanes(const CellLanes& cells) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      inverse_height[k] = hn::Load(d, cells.shade[k]);
      inverse_depth[k] = hn::Load(d, cells.shade[3 + k]);
      for (int channel = 0; channel < 3; ++channel)
        colour[channel][k] = hn::Load(d, cells.shade[6 + 3 * channel + k]);
    }
  }
  /// Barycentric coordinates; edge k + 1 lies across from corner k.
  HWY_INLINE void barycentric(const Float* inward, Float* weight) const {
    for (int k = 0; k < 3; ++k) weight[k] = hn::Mul(inward[(k + 1) % 3], inverse_height[k]);
  }
  /// Perspective-correct shares of the corners.
  HWY_INLINE void shares(const Float* weight, Float depth, Float* share) const {
    for (int k = 0; k < 3; ++k) share[k] = hn::Mul(hn::Mul(weight[k], inverse_depth[k]), depth);
  }
};

/// Planes of the z-buffer; `colour[0].data` is null where no colour is asked for.
struct HardPlanes {
  Plane inverse_depth;
  Plane nearest;  ///< the triangle's number as the bits of a float
  Plane colour[3];
};

struct HardForward {
  Edges edges;
  const FaceShade& values;
  HardPlanes planes;
  std::int32_t triangle;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    Float inward[3], weight[3];
    edges.inward(x, inward);
    const auto least = hn::Min(inward[0], hn::Min(inward[1], inward[2]));
    const auto covers = hn::Ge(least, hn::Set(d, float(-kCoverageTolerance)));
    if (hn::AllFalse(d, covers)) return;
    const ShadeLanes shade(values);
    shade.barycentric(inward, weight);
    const auto q = weighted_sum(weight, shade.inverse_depth);
    const auto before =
        load_block<kRows>(planes.inverse_depth.data + offset, planes.inverse_depth.stride);
    const auto shows = hn::And(covers, hn::Gt(q, before));
    if (hn::AllFalse(d, shows)) return;
    replace<kRows>(planes.inverse_depth, offset, shows, q);
    replace<kRows>(planes.nearest, offset, shows, hn::BitCast(d, hn::Set(IntTag(), triangle)));
    if (planes.colour[0].data == nullptr) return;
    Float share[3];
    shade.shares(weight, reciprocal(q), share);
    for (int channel = 0; channel < 3; ++channel)
      replace<kRows>(
          planes.colour[channel], offset, shows, weighted_sum(share, shade.colour[channel]));
  }

 private:
  template <int kRows>
  HWY_INLINE void replace(const Plane& plane, int offset, FloatMask where, Float value) {
    const auto before = load_block<kRows>(plane.data + offset, plane.stride);
    store_block<kRows>(hn::IfThenElse(where, value, before), plane.data + offset, plane.stride);
  }
};

/// Sums over the visible pixels of faces: of dL/dq w_k, and of dL/d(c q) w_k for each channel.
struct HardSums {
  CellEdges edges;
  ShadeLanes shade;
  Int triangle;
  const std::int32_t* nearest;
  const float* to_depth;   ///< null where no gradient comes in
  const float* to_colour;  ///< the same, [3,H,W]
  std::size_t area;
  Float to_inverse_depth[3], to_channel[3][3];  ///< [corner], [channel][corner]
  bool any = false;

  HWY_INLINE HardSums(const CellLanes& cells,
                      const std::int32_t* nearest_faces,
                      const ImageGradients<float>& gradients,
                      std::size_t pixels)
      : edges(cells),
        shade(cells),
        triangle(hn::Load(IntTag(), cells.triangle)),
        nearest(nearest_faces),
        to_depth(gradients.depth),
        to_colour(gradients.colour),
        area(pixels) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      to_inverse_depth[k] = hn::Zero(d);
      for (auto& channel : to_channel) channel[k] = hn::Zero(d);
    }
  }

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  HWY_INLINE void pixel(FloatMask in, Int pixel, Float x) {
    const FloatTag d;
    const IntTag di;
    const auto owner = hn::GatherIndex(di, nearest, pixel);
    const auto mine = hn::And(in, hn::RebindMask(d, hn::Eq(owner, triangle)));
    if (hn::AllFalse(d, mine)) return;
    any = true;
    Float inward[3], weight[3];
    edges.inward(x, inward);
    shade.barycentric(inward, weight);
    // Lanes that look past their face may find anything there, even infinity.
    const auto depth =
        hn::IfThenElseZero(mine, reciprocal(weighted_sum(weight, shade.inverse_depth)));
    auto to_q = hn::Zero(d);
    if (to_depth != nullptr)
      to_q = hn::NegMulAdd(incoming(to_depth, pixel, mine), hn::Mul(depth, depth), to_q);
    if (to_colour != nullptr) {
      Float share[3];
      shade.shares(weight, depth, share);
      for (int channel = 0; channel < 3; ++channel) {
        const auto g = hn::Mul(incoming(to_colour + channel * area, pixel, mine), depth);
        to_q = hn::NegMulAdd(g, weighted_sum(share, shade.colour[channel]), to_q);
        for (int k = 0; k < 3; ++k)
          to_channel[channel][k] = hn::MulAdd(g, weight[k], to_channel[channel][k]);
      }
    }
    for (int k = 0; k < 3; ++k)
      to_inverse_depth[k] = hn::MulAdd(to_q, weight[k], to_inverse_depth[k]);
  }

  /// A value f interpolated linearly from its corners moves with corner k by -w_k grad f.
  /// `values`: FaceGradients' six, [value][corner].
  HWY_INLINE void finish(Float (*values)[3]) const {
    const FloatTag d;
    Float slope_u[3], slope_v[3];
    for (int k = 0; k < 3; ++k) {
      const int across = (k + 1) % 3;
      slope_u[k] = hn::Neg(hn::Mul(edges.uy[across], shade.inverse_height[k]));
      slope_v[k] = hn::Mul(edges.ux[across], shade.inverse_height[k]);
    }
    const auto q_slope_u = weighted_sum(slope_u, shade.inverse_depth);
    const auto q_slope_v = weighted_sum(slope_v, shade.inverse_depth);
    for (int k = 0; k < 3; ++k) {
      values[0][k] = hn::Neg(hn::Mul(q_slope_u, to_inverse_depth[k]));
      values[1][k] = hn::Neg(hn::Mul(q_slope_v, to_inverse_depth[k]));
      values[2][k] = to_inverse_depth[k];
      for (int channel = 0; channel < 3; ++channel) values[3 + channel][k] = hn::Zero(d);
    }
    if (to_colour == nullptr) return;
    for (int channel = 0; channel < 3; ++channel) {
      Float product[3];
      for (int k = 0; k < 3; ++k)
        product[k] = hn::Mul(shade.colour[channel][k], shade.inverse_depth[k]);
      const auto along_u = weighted_sum(slope_u, product), along_v = weighted_sum(slope_v, product);
      for (int k = 0; k < 3; ++k) {
        const auto sum = to_channel[channel][k];
        values[0][k] = hn::NegMulAdd(along_u, sum, values[0][k]);
        values[1][k] = hn::NegMulAdd(along_v, sum, values[1][k]);
        values[2][k] = hn::MulAdd(shade.colour[channel][k], sum, values[2][k]);
        values[3 + channel][k] = hn::Mul(shade.inverse_depth[k], sum);
      }
    }
  }

 private:
  HWY_INLINE Float incoming(const float* image, Int pixel, FloatMask mine) const {
    return hn::IfThenElseZero(mine, hn::GatherIndex(FloatTag(), image, pixel));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
