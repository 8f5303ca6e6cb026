// SPDX-License-Identifier: Apache-2.0
// Depth and colour blended over all faces of a pixel by a softmax over depth (rasterize.h).

#if defined(MONODR_SOFTMAX_SHADING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_SOFTMAX_SHADING_INL_H_
#undef MONODR_SOFTMAX_SHADING_INL_H_
#else
#define MONODR_SOFTMAX_SHADING_INL_H_
#endif

#include "soft_rasterizer/hard_shading-inl.h"
#include "soft_rasterizer/pixel_blocks-inl.h"
#include "soft_rasterizer/silhouette-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The softmax's exponents, counted from that of an item's nearest vertex: gamma is small, so the
/// exponents themselves are too large for single precision.
struct DepthExponent {
  double nearest = 0;  ///< m, depth of the nearest vertex
  double inverse = 0;  ///< 1/m: exponent = (nearest - z) * inverse
  float background = 0;

  DepthExponent(const ScreenMesh& mesh, const Settings& settings) {
    double largest = 1 / settings.far;
    for (const double q : mesh.inverse_depth) largest = std::max(largest, q);
    nearest = 1 / largest;
    inverse = 1 / ((settings.far - settings.near) * settings.gamma);
    background = float(kBackgroundHeight / settings.gamma - (settings.far - nearest) * inverse);
  }
};

/// One triangle as the softmax needs it.
struct SoftCorners {
  CornerValues value;
  float difference[3];      ///< 1/m, inverse depth minus that of corner 0
  float depth0, exponent0;  ///< of corner 0

  SoftCorners(const ScreenMesh& mesh, std::size_t triangle, const DepthExponent& exponent)
      : value(mesh, triangle) {
    const double q0 = mesh.inverse_depth[mesh.triangle[0][triangle]];
    for (int k = 0; k < 3; ++k)
      difference[k] = float(mesh.inverse_depth[mesh.triangle[k][triangle]] - q0);
    depth0 = float(1 / q0);
    exponent0 = float((exponent.nearest - 1 / q0) * exponent.inverse);
  }
};

/// Depth and exponent of a block's pixels on a triangle, barycentric coordinates clipped.
struct SoftPoint {
  Float raw[3], weight[3], inverse_sum, depth, exponent;

  HWY_INLINE SoftPoint(const FaceChunk& chunk,
                       int n,
                       const Distances& distances,
                       const SoftCorners& corners,
                       float inverse_range) {
    const FloatTag d;
    barycentric(chunk, n, distances.inward, raw);
    for (int k = 0; k < 3; ++k) weight[k] = hn::Max(raw[k], hn::Zero(d));
    inverse_sum = reciprocal(hn::Add(weight[0], hn::Add(weight[1], weight[2])));
    for (int k = 0; k < 3; ++k) weight[k] = hn::Mul(weight[k], inverse_sum);
    const auto& q = corners.value.inverse_depth;
    depth = reciprocal(interpolate(weight, q[0], q[1], q[2]));
    // z - z_0 = -(q - q_0) z z_0, without the cancellation of the plain difference
    const auto off = hn::MulAdd(weight[1],
                                hn::Set(d, corners.difference[1]),
                                hn::Mul(weight[2], hn::Set(d, corners.difference[2])));
    exponent = hn::MulAdd(hn::Mul(off, depth),
                          hn::Set(d, corners.depth0 * inverse_range),
                          hn::Set(d, corners.exponent0));
  }
  /// Perspective-correct shares of the corners.
  HWY_INLINE void shares(const CornerValues& corner, Float* share) const {
    const FloatTag d;
    for (int k = 0; k < 3; ++k)
      share[k] = hn::Mul(hn::Mul(weight[k], hn::Set(d, corner.inverse_depth[k])), depth);
  }
};

HWY_INLINE Float colour_of(const Float* share, const CornerValues& corner, int channel) {
  return interpolate(
      share, corner.colour[0][channel], corner.colour[1][channel], corner.colour[2][channel]);
}

/// Sums relative to exp(exponent), the largest so far, and the silhouette's 1 - alpha; a null plane
/// is not asked for.
struct SoftPlanes {
  Plane background, exponent, weight, depth, colour[3];
};

struct SoftForward {
  Edges edges;
  SoftCorners corners;
  const SoftPlanes& planes;
  float squared_radius, inverse_sigma, inverse_range, far;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const Distances distances(edges, x);
    auto counts = distances.counts(squared_radius);
    if (hn::AllFalse(d, counts)) return;
    const auto scaled = hn::Mul(distances.nearest_squared, hn::Set(d, inverse_sigma));
    const Cover cover(hn::CopySign(scaled, distances.least_inward));
    if (planes.background.data != nullptr)
      multiply_background<kRows>(planes.background, offset, cover, counts);
    const SoftPoint point(edges.chunk, edges.face, distances, corners, inverse_range);
    counts = hn::And(counts, hn::Le(point.depth, hn::Set(d, far)));

    // Of the sum and the new term, the one with the smaller exponent is scaled down.
    const int stride = planes.exponent.stride;
    const auto largest = load_block<kRows>(planes.exponent.data + offset, stride);
    const auto rises = hn::And(counts, hn::Gt(point.exponent, largest));
    const auto ratio = exp_or_zero(hn::Neg(hn::Abs(hn::Sub(point.exponent, largest))));
    const auto keep = hn::IfThenElse(rises, ratio, hn::Set(d, 1.0f));
    const auto weight =
        hn::IfThenElseZero(counts, hn::IfThenElse(rises, cover.share, hn::Mul(cover.share, ratio)));
    store_block<kRows>(
        hn::IfThenElse(rises, point.exponent, largest), planes.exponent.data + offset, stride);
    add<kRows>(planes.weight, offset, keep, weight);
    if (planes.depth.data != nullptr)
      add<kRows>(planes.depth, offset, keep, hn::Mul(weight, point.depth));
    if (planes.colour[0].data == nullptr) return;
    Float share[3];
    point.shares(corners.value, share);
    for (int channel = 0; channel < 3; ++channel)
      add<kRows>(planes.colour[channel],
                 offset,
                 keep,
                 hn::Mul(weight, colour_of(share, corners.value, channel)));
  }

 private:
  template <int kRows>
  HWY_INLINE void add(const Plane& plane, int offset, Float keep, Float term) {
    const auto before = load_block<kRows>(plane.data + offset, plane.stride);
    store_block<kRows>(hn::MulAdd(before, keep, term), plane.data + offset, plane.stride);
  }
};

/// Incoming gradients, divided by the sums of weights they belong to:
/// to_weight of a face = depth (z - Z) + sum colour (c - I) = depth z + sum colour c - blended.
/// `silhouette` is SilhouetteBackward's `incoming`.
struct SoftGradientPlanes {
  Plane silhouette, exponent, depth, colour[3], blended;
};

/// Sums over a face's pixels of what its depth and colour hand to its corners.
struct ShadeSums {
  Float inverse_depth[3], colour[3][3];             ///< [corner], [channel][corner]
  Float weight[3], weight_raw1[3], weight_raw2[3];  ///< to w_k, times 1, raw_1, raw_2

  HWY_INLINE ShadeSums() {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      inverse_depth[k] = weight[k] = weight_raw1[k] = weight_raw2[k] = hn::Zero(d);
      for (auto& channel : colour) channel[k] = hn::Zero(d);
    }
  }

  /// to_product: with respect to w_k q_k, w clipped.
  HWY_INLINE void add(const SoftPoint& point, const CornerValues& corner, const Float* to_product) {
    const FloatTag d;
    Float to_weight[3];
    auto along = hn::Zero(d);
    for (int k = 0; k < 3; ++k) {
      inverse_depth[k] = hn::MulAdd(to_product[k], point.weight[k], inverse_depth[k]);
      to_weight[k] = hn::Mul(to_product[k], hn::Set(d, corner.inverse_depth[k]));
      along = hn::MulAdd(to_weight[k], point.weight[k], along);
    }
    for (int k = 0; k < 3; ++k) {
      const auto to_raw =
          hn::IfThenElseZero(hn::Gt(point.raw[k], hn::Zero(d)),
                             hn::Mul(hn::Sub(to_weight[k], along), point.inverse_sum));
      weight[k] = hn::Add(weight[k], to_raw);
      weight_raw1[k] = hn::MulAdd(to_raw, point.raw[1], weight_raw1[k]);
      weight_raw2[k] = hn::MulAdd(to_raw, point.raw[2], weight_raw2[k]);
    }
  }

  /// A barycentric coordinate w_k moves with corner m by -w_m grad w_k.
  HWY_INLINE void scatter(const ScreenMesh& mesh,
                          std::size_t triangle,
                          const FaceChunk& chunk,
                          int n,
                          const CornerValues& corner,
                          bool with_colour,
                          ScreenMeshGradient& gradient) const {
    float du[3] = {}, dv[3] = {};
    for (int k = 0; k < 3; ++k) {
      const int across = (k + 1) % 3;
      const float slope_u = -chunk.uy[across][n] * chunk.inverse_height[k][n];
      const float slope_v = chunk.ux[across][n] * chunk.inverse_height[k][n];
      const float at1 = sum_of_lanes(weight_raw1[k]), at2 = sum_of_lanes(weight_raw2[k]);
      const float at[3] = {sum_of_lanes(weight[k]) - at1 - at2, at1, at2};
      for (int m = 0; m < 3; ++m) {
        du[m] -= at[m] * slope_u;
        dv[m] -= at[m] * slope_v;
      }
    }
    for (int k = 0; k < 3; ++k) {
      const std::int32_t vertex = mesh.triangle[k][triangle];
      gradient.u[vertex] += du[k];
      gradient.v[vertex] += dv[k];
      gradient.inverse_depth[vertex] += sum_of_lanes(inverse_depth[k]);
      if (!with_colour) continue;
      for (int channel = 0; channel < 3; ++channel)
        gradient.colours[3 * vertex + channel] +=
            corner.inverse_depth[k] * sum_of_lanes(colour[channel][k]);
    }
  }
};

struct SoftBackward {
  Edges edges;
  SoftCorners corners;
  const SoftGradientPlanes& planes;
  float squared_radius, inverse_sigma, inverse_range, far;
  EdgeSums edge_sums = {};
  ShadeSums shade_sums = {};
  bool any = false;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const Distances distances(edges, x);
    const auto counts = distances.counts(squared_radius);
    if (hn::AllFalse(d, counts)) return;
    any = true;
    const auto scaled = hn::Mul(distances.nearest_squared, hn::Set(d, inverse_sigma));
    const Cover cover(hn::CopySign(scaled, distances.least_inward));
    // With respect to the squared distance, signed negative inside: dD/dd = -D (1 - D) / sigma.
    const auto by_weight = shade_backward<kRows>(offset, distances, cover.share, counts);
    auto to_distance = hn::Mul(by_weight, hn::Mul(cover.rest, hn::Set(d, -inverse_sigma)));
    if (planes.silhouette.data != nullptr)
      to_distance = hn::MulAdd(load<kRows>(planes.silhouette, offset), cover.share, to_distance);
    const auto inside = hn::Gt(distances.least_inward, hn::Zero(d));
    edge_sums.add(distances, hn::IfThenElse(inside, hn::Neg(to_distance), to_distance), counts);
  }

 private:
  /// Adds to shade_sums; returns dL/dweight times the weight of this face.
  template <int kRows>
  HWY_INLINE Float
  shade_backward(int offset, const Distances& distances, Float cover, FloatMask counts) {
    const FloatTag d;
    const auto zero = hn::Zero(d);
    const SoftPoint point(edges.chunk, edges.face, distances, corners, inverse_range);
    const auto relative =
        exp_or_zero(hn::Sub(point.exponent, load<kRows>(planes.exponent, offset)));
    // A face hidden behind others has no weight and gets no gradient.
    counts = hn::And(counts, hn::And(hn::Gt(relative, zero), hn::Le(point.depth, hn::Set(d, far))));
    if (hn::AllFalse(d, counts)) return zero;
    const auto weight = hn::IfThenElseZero(counts, hn::Mul(cover, relative));
    auto to_weight = hn::Neg(load<kRows>(planes.blended, offset));
    auto to_depth = zero;  // only by way of this face's own depth and exponent
    if (planes.depth.data != nullptr) {
      const auto g = load<kRows>(planes.depth, offset);
      to_weight = hn::MulAdd(g, point.depth, to_weight);
      to_depth = hn::Mul(g, weight);
    }
    Float to_product[3] = {zero, zero, zero};
    if (planes.colour[0].data != nullptr) {
      Float share[3];
      point.shares(corners.value, share);
      for (int channel = 0; channel < 3; ++channel) {
        const auto incoming = load<kRows>(planes.colour[channel], offset);
        const auto value = colour_of(share, corners.value, channel);
        to_weight = hn::MulAdd(incoming, value, to_weight);
        const auto g = hn::Mul(hn::Mul(incoming, weight), point.depth);
        for (int k = 0; k < 3; ++k) {
          shade_sums.colour[channel][k] =
              hn::MulAdd(g, point.weight[k], shade_sums.colour[channel][k]);
          to_product[k] = hn::MulAdd(
              g, hn::Sub(hn::Set(d, corners.value.colour[k][channel]), value), to_product[k]);
        }
      }
    }
    const auto by_weight = hn::IfThenElseZero(counts, hn::Mul(to_weight, weight));
    to_depth = hn::NegMulAdd(by_weight, hn::Set(d, inverse_range), to_depth);
    const auto to_inverse = hn::Neg(hn::Mul(to_depth, hn::Mul(point.depth, point.depth)));
    for (int k = 0; k < 3; ++k) to_product[k] = hn::Add(to_product[k], to_inverse);
    shade_sums.add(point, corners.value, to_product);
    return by_weight;
  }

  template <int kRows>
  HWY_INLINE Float load(const Plane& plane, int offset) const {
    return load_block<kRows>(plane.data + offset, plane.stride);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
