// SPDX-License-Identifier: Apache-2.0
// The silhouette's pixel loops:  alpha = 1 - prod (1 - sigmoid(+-d / sigma)).

#if defined(MONODR_SILHOUETTE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_SILHOUETTE_INL_H_
#undef MONODR_SILHOUETTE_INL_H_
#else
#define MONODR_SILHOUETTE_INL_H_
#endif

#include "soft_rasterizer/pixel_blocks-inl.h"
#include "soft_rasterizer/rasterize.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Least share of the background that is told from none (see Cover on subnormal numbers).
inline constexpr float kLeastBackground = 1e-18f;

/// Multiplies a face's 1 - D into the plane of the background's share, 1 - alpha.
template <int kRows>
HWY_INLINE void multiply_background(const Plane& background,
                                    int offset,
                                    const Cover& cover,
                                    FloatMask counts) {
  const FloatTag d;
  const auto before = load_block<kRows>(background.data + offset, background.stride);
  const auto product = hn::Max(hn::Mul(before, cover.rest), hn::Set(d, kLeastBackground));
  const auto after = hn::IfThenElse(counts, product, before);
  store_block<kRows>(after, background.data + offset, background.stride);
}

struct SilhouetteForward {
  Edges edges;
  Plane background;
  float squared_radius, inverse_sigma;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const Distances distances(edges, x);
    const auto counts = distances.counts(squared_radius);
    if (hn::AllFalse(d, counts)) return;
    const auto scaled = hn::Mul(distances.nearest_squared, hn::Set(d, inverse_sigma));
    const Cover cover(hn::CopySign(scaled, distances.least_inward));
    multiply_background<kRows>(background, offset, cover, counts);
  }
};

/// What the squared distance of a pixel hands to the ends of the triangle's edges, summed over
/// pixels. With e = p - c, c the nearest point of edge a -> b at share t of it:
///     d|e|^2 / da = -2 (1 - t) e,   d|e|^2 / db = -2 t e,   e = inward n + beyond u.
struct EdgeSums {
  Float inward[3], inward_foot[3], beyond[3], beyond_foot[3];

  HWY_INLINE EdgeSums() {
    const FloatTag d;
    for (int k = 0; k < 3; ++k)
      inward[k] = inward_foot[k] = beyond[k] = beyond_foot[k] = hn::Zero(d);
  }

  /// `gradient`: with respect to the squared distance, 0 where the face does not count.
  HWY_INLINE void add(const Distances& distances, Float gradient, FloatMask counts) {
    auto left = counts;
    for (int k = 0; k < 3; ++k) {
      // The nearest edge; the first of several at the same distance.
      const auto here = hn::And(left, hn::Le(distances.squared[k], distances.nearest_squared));
      left = hn::AndNot(here, left);
      const auto g = hn::IfThenElseZero(here, gradient);
      const auto across = hn::Mul(g, distances.inward[k]);
      const auto endwise = hn::Mul(g, distances.beyond[k]);
      inward[k] = hn::Add(inward[k], across);
      inward_foot[k] = hn::MulAdd(across, distances.foot[k], inward_foot[k]);
      beyond[k] = hn::Add(beyond[k], endwise);
      beyond_foot[k] = hn::MulAdd(endwise, distances.foot[k], beyond_foot[k]);
    }
  }

  HWY_INLINE void scatter(const ScreenMesh& mesh,
                          std::size_t triangle,
                          const FaceChunk& chunk,
                          int n,
                          ScreenMeshGradient& gradient) const {
    for (int k = 0; k < 3; ++k) {
      const std::int32_t a = mesh.triangle[k][triangle], b = mesh.triangle[(k + 1) % 3][triangle];
      const float ux = chunk.ux[k][n], uy = chunk.uy[k][n], scale = 1 / chunk.length[k][n];
      const float across = sum_of_lanes(inward[k]), endwise = sum_of_lanes(beyond[k]);
      const float across_b = scale * sum_of_lanes(inward_foot[k]);
      const float endwise_b = scale * sum_of_lanes(beyond_foot[k]);
      const float across_a = across - across_b, endwise_a = endwise - endwise_b;
      gradient.u[a] -= 2 * (endwise_a * ux - across_a * uy);
      gradient.v[a] -= 2 * (endwise_a * uy + across_a * ux);
      gradient.u[b] -= 2 * (endwise_b * ux - across_b * uy);
      gradient.v[b] -= 2 * (endwise_b * uy + across_b * ux);
    }
  }
};

/// `incoming` holds -dL/dalpha (1 - alpha) / sigma, so that times D it is dL/d(+-d).
struct SilhouetteBackward {
  Edges edges;
  Plane incoming;
  float squared_radius, inverse_sigma;
  EdgeSums sums = {};
  bool any = false;

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  template <int kRows>
  HWY_INLINE void block(int offset, Float x) {
    const FloatTag d;
    const Distances distances(edges, x);
    const auto weight = load_block<kRows>(incoming.data + offset, incoming.stride);
    const auto counts = hn::And(distances.counts(squared_radius), hn::Ne(weight, hn::Zero(d)));
    if (hn::AllFalse(d, counts)) return;
    any = true;
    const auto scaled = hn::Mul(distances.nearest_squared, hn::Set(d, inverse_sigma));
    const Cover cover(hn::CopySign(scaled, distances.least_inward));
    const auto signed_gradient = hn::Mul(weight, cover.share);
    // Inside, a greater distance to the border means more cover.
    const auto inside = hn::Gt(distances.least_inward, hn::Zero(d));
    sums.add(distances, hn::IfThenElse(inside, hn::Neg(signed_gradient), signed_gradient), counts);
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
