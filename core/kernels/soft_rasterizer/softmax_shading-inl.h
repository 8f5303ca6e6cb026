// SPDX-License-Identifier: Apache-2.0
// Depth and colour blended over all faces of a pixel by a softmax over depth (rasterize.h).

#if defined(MONODR_SOFTMAX_SHADING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_SOFTMAX_SHADING_INL_H_
#undef MONODR_SOFTMAX_SHADING_INL_H_
#else
#define MONODR_SOFTMAX_SHADING_INL_H_
#endif

#include "kernels/soft_rasterizer/hard_shading-inl.h"
#include "kernels/soft_rasterizer/silhouette-inl.h"

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

  FaceShade shade_of(const ScreenMesh& mesh,
                     const FaceChunk& chunk,
                     int n,
                     std::size_t triangle) const {
    FaceShade shade = HWY_NAMESPACE::shade_of(mesh, chunk, n, triangle);
    const double q0 = mesh.inverse_depth[mesh.triangle[0][triangle]];
    double highest = q0;
    for (int k = 0; k < 3; ++k) {
      const double q = mesh.inverse_depth[mesh.triangle[k][triangle]];
      shade.difference[k] = float(q - q0);
      highest = std::max(highest, q);
    }
    const double z0 = 1 / q0;
    shade.exponent0 = float((nearest - z0) * inverse);
    // z - z_0 = -(q - q_0) z z_0, without the cancellation of the plain difference
    shade.slope = float(z0 * inverse);
    shade.highest = float((nearest - 1 / highest) * inverse);
    return shade;
  }
};

/// 1 / the sum of a pixel's weights, the background's among them.
inline float inverse_sum(float background, float largest, float weight) {
  const float behind = background - largest;
  return 1 / (weight + (behind < kLeastExponent ? 0 : std::exp(behind)));
}

struct SoftShadeLanes : ShadeLanes {
  Float difference1, difference2, exponent0, slope;

  HWY_INLINE explicit SoftShadeLanes(const FaceShade& shade) : ShadeLanes(shade) {
    const FloatTag d;
    difference1 = hn::Set(d, shade.difference[1]);
    difference2 = hn::Set(d, shade.difference[2]);
    exponent0 = hn::Set(d, shade.exponent0);
    slope = hn::Set(d, shade.slope);
  }
  HWY_INLINE explicit SoftShadeLanes(const CellLanes& cells) : ShadeLanes(cells) {
    const FloatTag d;
    difference1 = hn::Load(d, cells.shade[16]);
    difference2 = hn::Load(d, cells.shade[17]);
    exponent0 = hn::Load(d, cells.shade[18]);
    slope = hn::Load(d, cells.shade[19]);
  }
};

/// Depth and exponent of pixels on a triangle, barycentric coordinates clipped.
struct SoftPoint {
  Float raw[3], weight[3], inverse_sum, depth, exponent;

  HWY_INLINE SoftPoint(const SoftShadeLanes& shade, const Float* inward) {
    const FloatTag d;
    shade.barycentric(inward, raw);
    for (int k = 0; k < 3; ++k) weight[k] = hn::Max(raw[k], hn::Zero(d));
    inverse_sum = reciprocal(hn::Add(weight[0], hn::Add(weight[1], weight[2])));
    for (int k = 0; k < 3; ++k) weight[k] = hn::Mul(weight[k], inverse_sum);
    depth = reciprocal(weighted_sum(weight, shade.inverse_depth));
    const auto off =
        hn::MulAdd(weight[1], shade.difference1, hn::Mul(weight[2], shade.difference2));
    exponent = hn::MulAdd(hn::Mul(off, depth), shade.slope, shade.exponent0);
  }
};

/// True where a face whose exponent is at most `highest` can have a weight beside `largest`.
HWY_INLINE FloatMask can_show(Float highest, Float largest) {
  const FloatTag d;
  return hn::Gt(highest, hn::Add(largest, hn::Set(d, kLeastExponent - 1)));
}

/// Sums relative to exp(exponent), the largest so far, and the silhouette's 1 - alpha; a null plane
/// is not asked for.
struct SoftPlanes {
  Plane background, exponent, weight, depth, colour[3];
};

struct SoftForward {
  Edges edges;
  const FaceShade& values;
  const SoftPlanes& planes;
  float squared_radius, inverse_sigma, far;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const Distances distances = edges.distances(x);
    const auto counts = distances.counts(squared_radius);
    if (hn::AllFalse(d, counts)) return;
    const Cover cover = distances.cover(inverse_sigma);
    if (planes.background.data != nullptr) {
      const auto before = load<kRows>(planes.background, offset);
      multiply_background<kRows>(planes.background, offset, before, cover, counts);
    }
    const auto largest = load<kRows>(planes.exponent, offset);
    const auto shows = hn::And(counts, can_show(hn::Set(d, values.highest), largest));
    if (!hn::AllFalse(d, shows)) blend<kRows>(offset, distances, cover.share, counts, largest);
  }

 private:
  template <int kRows>
  HWY_INLINE void blend(
      int offset, const Distances& distances, Float cover, FloatMask counts, Float largest) {
    const FloatTag d;
    const SoftShadeLanes shade(values);
    const SoftPoint point(shade, distances.inward);
    counts = hn::And(counts, hn::Le(point.depth, hn::Set(d, far)));
    // Of the sum and the new term, the one with the smaller exponent is scaled down.
    const auto rises = hn::And(counts, hn::Gt(point.exponent, largest));
    const auto ratio = exp_or_zero(hn::Neg(hn::Abs(hn::Sub(point.exponent, largest))));
    const auto keep = hn::IfThenElse(rises, ratio, hn::Set(d, 1.0f));
    const auto weight =
        hn::IfThenElseZero(counts, hn::IfThenElse(rises, cover, hn::Mul(cover, ratio)));
    store_block<kRows>(hn::IfThenElse(rises, point.exponent, largest),
                       planes.exponent.data + offset,
                       planes.exponent.stride);
    add<kRows>(planes.weight, offset, keep, weight);
    if (planes.depth.data != nullptr)
      add<kRows>(planes.depth, offset, keep, hn::Mul(weight, point.depth));
    if (planes.colour[0].data == nullptr) return;
    Float share[3];
    shade.shares(point.weight, point.depth, share);
    for (int channel = 0; channel < 3; ++channel)
      add<kRows>(planes.colour[channel],
                 offset,
                 keep,
                 hn::Mul(weight, weighted_sum(share, shade.colour[channel])));
  }
  template <int kRows>
  HWY_INLINE Float load(const Plane& plane, int offset) const {
    return load_block<kRows>(plane.data + offset, plane.stride);
  }
  template <int kRows>
  HWY_INLINE void add(const Plane& plane, int offset, Float keep, Float term) {
    const auto before = load<kRows>(plane, offset);
    store_block<kRows>(hn::MulAdd(before, keep, term), plane.data + offset, plane.stride);
  }
};

/// What backward needs of each pixel, kept together: [pixel][kSize]. Incoming gradients are divided
/// by the sums of weights they belong to:
/// to_weight of a face = depth (z - Z) + sum colour (c - I) = depth z + sum colour c - blended.
/// `silhouette` is SilhouetteSums' `incoming`.
struct SoftPixels {
  enum { kExponent, kSilhouette, kBlended, kDepth, kColour, kSize = 8 };

  const float* data;
  bool silhouette, depth, colour;  ///< whether such a gradient comes in

  /// `at`: kSize times the pixels' numbers.
  HWY_INLINE Float gather(int member, Int at) const {
    return hn::GatherIndex(FloatTag(), data + member, at);
  }
};

/// Sums over faces' pixels of what their depth and colour hand to their corners.
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
  HWY_INLINE void add(const SoftPoint& point, const ShadeLanes& shade, const Float* to_product) {
    const FloatTag d;
    Float to_weight[3];
    auto along = hn::Zero(d);
    for (int k = 0; k < 3; ++k) {
      inverse_depth[k] = hn::MulAdd(to_product[k], point.weight[k], inverse_depth[k]);
      to_weight[k] = hn::Mul(to_product[k], shade.inverse_depth[k]);
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
  HWY_INLINE void finish(const CellEdges& edges,
                         const ShadeLanes& shade,
                         Float (*values)[3]) const {
    for (int k = 0; k < 3; ++k) {
      const int across = (k + 1) % 3;
      const auto slope_u = hn::Neg(hn::Mul(edges.uy[across], shade.inverse_height[k]));
      const auto slope_v = hn::Mul(edges.ux[across], shade.inverse_height[k]);
      const Float at[3] = {hn::Sub(hn::Sub(weight[k], weight_raw1[k]), weight_raw2[k]),
                           weight_raw1[k],
                           weight_raw2[k]};
      for (int m = 0; m < 3; ++m) {
        values[0][m] = hn::NegMulAdd(at[m], slope_u, values[0][m]);
        values[1][m] = hn::NegMulAdd(at[m], slope_v, values[1][m]);
      }
      values[2][k] = inverse_depth[k];
      for (int channel = 0; channel < 3; ++channel)
        values[3 + channel][k] = hn::Mul(shade.inverse_depth[k], colour[channel][k]);
    }
  }
};

struct SoftSums {
  CellEdges edges;
  SoftShadeLanes shade;
  Float highest;
  SoftPixels pixels;
  float squared_radius, inverse_sigma, inverse_range, far;
  EdgeSums edge_sums = {};
  ShadeSums shade_sums = {};

  HWY_INLINE SoftSums(const CellLanes& cells,
                      const SoftPixels& incoming,
                      const Settings& settings,
                      const DepthExponent& exponent)
      : edges(cells),
        shade(cells),
        highest(hn::Load(FloatTag(), cells.shade[20])),
        pixels(incoming),
        squared_radius(float(settings.squared_radius)),
        inverse_sigma(float(1 / settings.sigma)),
        inverse_range(float(exponent.inverse)),
        far(float(settings.far)) {}

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  HWY_INLINE void pixel(FloatMask in, Int pixel, Float x) {
    const FloatTag d;
    const Distances distances = edges.distances(x);
    const auto counts = hn::And(in, distances.counts(squared_radius));
    if (hn::AllFalse(d, counts)) return;
    const auto at = hn::ShiftLeft<3>(pixel);
    static_assert(SoftPixels::kSize == 1 << 3);
    const auto largest = pixels.gather(SoftPixels::kExponent, at);
    const auto shows = hn::And(counts, can_show(highest, largest));
    const bool any_shows = !hn::AllFalse(d, shows);
    auto silhouette = hn::Zero(d);
    if (pixels.silhouette)
      silhouette = hn::IfThenElseZero(counts, pixels.gather(SoftPixels::kSilhouette, at));
    if (!any_shows && hn::AllTrue(d, hn::Eq(silhouette, hn::Zero(d)))) return;
    const Cover cover = distances.cover(inverse_sigma);
    // With respect to the squared distance, signed negative inside: dD/dd = -D (1 - D) / sigma.
    auto to_distance = hn::Mul(silhouette, cover.share);
    if (any_shows) {
      const auto by_weight = shade_backward(at, distances, cover.share, shows, largest);
      to_distance =
          hn::MulAdd(by_weight, hn::Mul(cover.rest, hn::Set(d, -inverse_sigma)), to_distance);
    }
    edge_sums.add(distances, to_distance, counts);
  }

  HWY_INLINE void finish(Float (*values)[3]) const {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) values[0][k] = values[1][k] = hn::Zero(d);
    edge_sums.finish(edges, values[0], values[1]);
    shade_sums.finish(edges, shade, values);
  }

 private:
  /// Adds to shade_sums; returns dL/dweight times the weight of this face.
  HWY_INLINE Float
  shade_backward(Int at, const Distances& distances, Float cover, FloatMask counts, Float largest) {
    const FloatTag d;
    const auto zero = hn::Zero(d);
    const SoftPoint point(shade, distances.inward);
    const auto relative = exp_or_zero(hn::Sub(point.exponent, largest));
    // A face hidden behind others has no weight and gets no gradient.
    counts = hn::And(counts, hn::And(hn::Gt(relative, zero), hn::Le(point.depth, hn::Set(d, far))));
    if (hn::AllFalse(d, counts)) return zero;
    const auto weight = hn::IfThenElseZero(counts, hn::Mul(cover, relative));
    auto to_weight = hn::Neg(pixels.gather(SoftPixels::kBlended, at));
    auto to_depth = zero;  // only by way of this face's own depth and exponent
    if (pixels.depth) {
      const auto g = pixels.gather(SoftPixels::kDepth, at);
      to_weight = hn::MulAdd(g, point.depth, to_weight);
      to_depth = hn::Mul(g, weight);
    }
    Float to_product[3] = {zero, zero, zero};
    if (pixels.colour) {
      Float share[3];
      shade.shares(point.weight, point.depth, share);
      for (int channel = 0; channel < 3; ++channel) {
        const auto incoming = pixels.gather(SoftPixels::kColour + channel, at);
        const auto value = weighted_sum(share, shade.colour[channel]);
        to_weight = hn::MulAdd(incoming, value, to_weight);
        const auto g = hn::Mul(hn::Mul(incoming, weight), point.depth);
        for (int k = 0; k < 3; ++k) {
          shade_sums.colour[channel][k] =
              hn::MulAdd(g, point.weight[k], shade_sums.colour[channel][k]);
          to_product[k] = hn::MulAdd(g, hn::Sub(shade.colour[channel][k], value), to_product[k]);
        }
      }
    }
    const auto by_weight = hn::IfThenElseZero(counts, hn::Mul(to_weight, weight));
    to_depth = hn::NegMulAdd(by_weight, hn::Set(d, inverse_range), to_depth);
    const auto to_inverse = hn::Neg(hn::Mul(to_depth, hn::Mul(point.depth, point.depth)));
    for (int k = 0; k < 3; ++k) to_product[k] = hn::Add(to_product[k], to_inverse);
    shade_sums.add(point, shade, to_product);
    return by_weight;
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
