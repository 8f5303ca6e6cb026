// SPDX-License-Identifier: Apache-2.0
// Depth and colour of the nearest face, with the exact gradient of what is visible and none of what
// its border hides.

#if defined(MONODR_HARD_SHADING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_HARD_SHADING_INL_H_
#undef MONODR_HARD_SHADING_INL_H_
#else
#define MONODR_HARD_SHADING_INL_H_
#endif

#include "soft_rasterizer/pixel_blocks-inl.h"
#include "soft_rasterizer/rasterize.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Inverse depth and colour at the corners of one triangle. Inverse depth, and colour times inverse
/// depth, are linear on the image; colour and depth are not.
struct CornerValues {
  float inverse_depth[3];
  float colour[3][3];  ///< [corner][channel]

  CornerValues(const ScreenMesh& mesh, std::size_t triangle) {
    for (int k = 0; k < 3; ++k) {
      const std::int32_t vertex = mesh.triangle[k][triangle];
      inverse_depth[k] = float(mesh.inverse_depth[vertex]);
      for (int channel = 0; channel < 3; ++channel)
        colour[k][channel] =
            mesh.colours.empty() ? 0.0f : float(mesh.colours[3 * vertex + channel]);
    }
  }
};

/// Barycentric coordinates of a block's pixels; edge k + 1 lies across from corner k.
HWY_INLINE void barycentric(const FaceChunk& chunk, int n, const Float* inward, Float* weight) {
  const FloatTag d;
  for (int k = 0; k < 3; ++k)
    weight[k] = hn::Mul(inward[(k + 1) % 3], hn::Set(d, chunk.inverse_height[k][n]));
}

HWY_INLINE Float interpolate(const Float* weight, float at0, float at1, float at2) {
  const FloatTag d;
  return hn::MulAdd(weight[0],
                    hn::Set(d, at0),
                    hn::MulAdd(weight[1], hn::Set(d, at1), hn::Mul(weight[2], hn::Set(d, at2))));
}

/// Planes of the z-buffer; `colour[0].data` is null where no colour is asked for.
struct HardPlanes {
  Plane inverse_depth;
  Plane nearest;  ///< the triangle's number as the bits of a float
  Plane colour[3];
};

struct HardForward {
  Edges edges;
  CornerValues corner;
  HardPlanes planes;
  std::int32_t triangle;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const hn::RebindToSigned<FloatTag> di;
    Float inward[3], weight[3];
    for (int k = 0; k < 3; ++k) inward[k] = edges.inward(k, x);
    const auto least = hn::Min(inward[0], hn::Min(inward[1], inward[2]));
    barycentric(edges.chunk, edges.face, inward, weight);
    const auto q = interpolate(
        weight, corner.inverse_depth[0], corner.inverse_depth[1], corner.inverse_depth[2]);
    const auto before =
        load_block<kRows>(planes.inverse_depth.data + offset, planes.inverse_depth.stride);
    const auto shows =
        hn::And(hn::Ge(least, hn::Set(d, float(-kCoverageTolerance))), hn::Gt(q, before));
    if (hn::AllFalse(d, shows)) return;
    replace<kRows>(planes.inverse_depth, offset, shows, q);
    replace<kRows>(planes.nearest, offset, shows, hn::BitCast(d, hn::Set(di, triangle)));
    if (planes.colour[0].data == nullptr) return;
    const auto depth = reciprocal(q);
    Float share[3];
    for (int k = 0; k < 3; ++k)
      share[k] = hn::Mul(hn::Mul(weight[k], hn::Set(d, corner.inverse_depth[k])), depth);
    for (int channel = 0; channel < 3; ++channel)
      replace<kRows>(planes.colour[channel],
                     offset,
                     shows,
                     interpolate(share,
                                 corner.colour[0][channel],
                                 corner.colour[1][channel],
                                 corner.colour[2][channel]));
  }

 private:
  template <int kRows>
  HWY_INLINE void replace(const Plane& plane, int offset, FloatMask where, Float value) {
    const auto before = load_block<kRows>(plane.data + offset, plane.stride);
    store_block<kRows>(hn::IfThenElse(where, value, before), plane.data + offset, plane.stride);
  }
};

/// Incoming gradients of the z-buffer's images; a null plane has none.
struct HardGradientPlanes {
  Plane nearest, depth, colour[3];
};

/// Sums over a face's visible pixels: of dL/dq w_k, and of dL/d(c q) w_k for each channel.
struct HardBackward {
  Edges edges;
  CornerValues corner;
  HardGradientPlanes planes;
  std::int32_t triangle;
  Float to_inverse_depth[3], to_colour[3][3];  ///< [corner], [channel][corner]
  bool any = false;

  HWY_INLINE HardBackward(const FaceChunk& chunk,
                          int n,
                          const ScreenMesh& mesh,
                          const HardGradientPlanes& gradient_planes,
                          std::int32_t number)
      : edges(chunk, n), corner(mesh, number), planes(gradient_planes), triangle(number) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      to_inverse_depth[k] = hn::Zero(d);
      for (auto& channel : to_colour) channel[k] = hn::Zero(d);
    }
  }

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const hn::RebindToSigned<FloatTag> di;
    const auto nearest = load_block<kRows>(planes.nearest.data + offset, planes.nearest.stride);
    const auto mine = hn::RebindMask(d, hn::Eq(hn::BitCast(di, nearest), hn::Set(di, triangle)));
    if (hn::AllFalse(d, mine)) return;
    any = true;
    Float inward[3], weight[3];
    for (int k = 0; k < 3; ++k) inward[k] = edges.inward(k, x);
    barycentric(edges.chunk, edges.face, inward, weight);
    const auto q = interpolate(
        weight, corner.inverse_depth[0], corner.inverse_depth[1], corner.inverse_depth[2]);
    const auto depth = reciprocal(q);
    auto gradient_q = hn::Zero(d);
    if (planes.depth.data != nullptr)
      gradient_q = hn::NegMulAdd(
          incoming<kRows>(planes.depth, offset, mine), hn::Mul(depth, depth), gradient_q);
    if (planes.colour[0].data != nullptr) {
      Float share[3];
      for (int k = 0; k < 3; ++k)
        share[k] = hn::Mul(hn::Mul(weight[k], hn::Set(d, corner.inverse_depth[k])), depth);
      for (int channel = 0; channel < 3; ++channel) {
        const auto g = hn::Mul(incoming<kRows>(planes.colour[channel], offset, mine), depth);
        const auto value = interpolate(
            share, corner.colour[0][channel], corner.colour[1][channel], corner.colour[2][channel]);
        gradient_q = hn::NegMulAdd(g, value, gradient_q);
        for (int k = 0; k < 3; ++k)
          to_colour[channel][k] = hn::MulAdd(g, weight[k], to_colour[channel][k]);
      }
    }
    for (int k = 0; k < 3; ++k)
      to_inverse_depth[k] = hn::MulAdd(gradient_q, weight[k], to_inverse_depth[k]);
  }

  /// A value f interpolated linearly from its corners moves with corner k by -w_k grad f.
  HWY_INLINE void scatter(const ScreenMesh& mesh, ScreenMeshGradient& gradient) const {
    const FaceChunk& chunk = edges.chunk;
    const int n = edges.face;
    float slope_u[3], slope_v[3], q_sum[3], colour_sum[3][3] = {};
    float q_slope_u = 0, q_slope_v = 0, colour_slope_u[3] = {}, colour_slope_v[3] = {};
    for (int k = 0; k < 3; ++k) {
      const int across = (k + 1) % 3;
      slope_u[k] = -chunk.uy[across][n] * chunk.inverse_height[k][n];
      slope_v[k] = chunk.ux[across][n] * chunk.inverse_height[k][n];
      q_sum[k] = sum_of_lanes(to_inverse_depth[k]);
      q_slope_u += slope_u[k] * corner.inverse_depth[k];
      q_slope_v += slope_v[k] * corner.inverse_depth[k];
      if (planes.colour[0].data == nullptr) continue;
      for (int channel = 0; channel < 3; ++channel) {
        const float value = corner.colour[k][channel] * corner.inverse_depth[k];
        colour_sum[channel][k] = sum_of_lanes(to_colour[channel][k]);
        colour_slope_u[channel] += slope_u[k] * value;
        colour_slope_v[channel] += slope_v[k] * value;
      }
    }
    for (int k = 0; k < 3; ++k) {
      const std::int32_t vertex = mesh.triangle[k][triangle];
      float du = -q_slope_u * q_sum[k], dv = -q_slope_v * q_sum[k], dq = q_sum[k];
      if (planes.colour[0].data != nullptr) {
        for (int channel = 0; channel < 3; ++channel) {
          du -= colour_slope_u[channel] * colour_sum[channel][k];
          dv -= colour_slope_v[channel] * colour_sum[channel][k];
          dq += corner.colour[k][channel] * colour_sum[channel][k];
          gradient.colours[3 * vertex + channel] +=
              corner.inverse_depth[k] * colour_sum[channel][k];
        }
      }
      gradient.u[vertex] += du;
      gradient.v[vertex] += dv;
      gradient.inverse_depth[vertex] += dq;
    }
  }

 private:
  template <int kRows>
  HWY_INLINE Float incoming(const Plane& plane, int offset, FloatMask mine) const {
    return hn::IfThenElseZero(mine, load_block<kRows>(plane.data + offset, plane.stride));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
