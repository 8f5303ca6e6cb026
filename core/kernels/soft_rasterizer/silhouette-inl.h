// SPDX-License-Identifier: Apache-2.0
// The silhouette's pixel loops:  alpha = 1 - prod (1 - sigmoid(+-d / sigma)).

#if defined(MONODR_SILHOUETTE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_SILHOUETTE_INL_H_
#undef MONODR_SILHOUETTE_INL_H_
#else
#define MONODR_SILHOUETTE_INL_H_
#endif

#include "kernels/soft_rasterizer/cells-inl.h"
#include "kernels/soft_rasterizer/pixel_blocks-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Least share of the background that is told from none (see Cover on subnormal numbers).
inline constexpr float kLeastBackground = 1e-18f;
/// A share of the background that leaves alpha = 1 - share at exactly 1 in single precision.
inline constexpr float kNoBackground = 1.0f / (1 << 26);

/// Multiplies a face's 1 - D into the plane of the background's share, 1 - alpha.
template <int kRows>
HWY_INLINE void multiply_background(
    const Plane& background, int offset, Float before, const Cover& cover, FloatMask counts) {
  const FloatTag d;
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
    const auto before = load_block<kRows>(background.data + offset, background.stride);
    if (hn::AllTrue(d, hn::Lt(before, hn::Set(d, kNoBackground)))) return;
    const Distances distances = edges.distances(x);
    const auto counts = distances.counts(squared_radius);
    if (hn::AllFalse(d, counts)) return;
    multiply_background<kRows>(background, offset, before, distances.cover(inverse_sigma), counts);
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

  /// `gradient`: with respect to the squared distance, signed negative inside.
  HWY_INLINE void add(const Distances& distances, Float gradient, FloatMask counts) {
    const FloatTag d;
    const auto inside = hn::Gt(distances.least_inward, hn::Zero(d));
    const auto to_squared = hn::IfThenElse(inside, hn::Neg(gradient), gradient);
    auto left = counts;
    for (int k = 0; k < 3; ++k) {
      // The nearest edge; the first of several at the same distance.
      const auto here = hn::And(left, hn::Le(distances.squared[k], distances.nearest_squared));
      left = hn::AndNot(here, left);
      const auto g = hn::IfThenElseZero(here, to_squared);
      const auto across = hn::Mul(g, distances.inward[k]);
      const auto endwise = hn::Mul(g, distances.beyond[k]);
      inward[k] = hn::Add(inward[k], across);
      inward_foot[k] = hn::MulAdd(across, distances.foot[k], inward_foot[k]);
      beyond[k] = hn::Add(beyond[k], endwise);
      beyond_foot[k] = hn::MulAdd(endwise, distances.foot[k], beyond_foot[k]);
    }
  }

  /// Adds to the gradients of the corners' positions.
  HWY_INLINE void finish(const CellEdges& edges, Float* to_u, Float* to_v) const {
    const FloatTag d;
    const auto minus_two = hn::Set(d, -2.0f);
    for (int k = 0; k < 3; ++k) {
      const int next = (k + 1) % 3;
      const auto ux = edges.ux[k], uy = edges.uy[k];
      const auto scale = hn::Div(hn::Set(d, 1.0f), edges.length[k]);
      const auto across_b = hn::Mul(scale, inward_foot[k]);
      const auto endwise_b = hn::Mul(scale, beyond_foot[k]);
      const auto across_a = hn::Sub(inward[k], across_b), endwise_a = hn::Sub(beyond[k], endwise_b);
      const auto add = [&](Float across, Float endwise, int corner) HWY_ATTR {
        const auto du = hn::NegMulAdd(across, uy, hn::Mul(endwise, ux));
        const auto dv = hn::MulAdd(across, ux, hn::Mul(endwise, uy));
        to_u[corner] = hn::MulAdd(minus_two, du, to_u[corner]);
        to_v[corner] = hn::MulAdd(minus_two, dv, to_v[corner]);
      };
      add(across_a, endwise_a, k);
      add(across_b, endwise_b, next);
    }
  }
};

/// `incoming` holds -dL/dalpha (1 - alpha) / sigma, so that times D it is dL/d(+-d).
struct SilhouetteSums {
  CellEdges edges;
  const float* incoming;
  float squared_radius, inverse_sigma;
  EdgeSums sums = {};

  HWY_INLINE void begin_row(Float y) { edges.begin_row(y); }

  HWY_INLINE void pixel(FloatMask in, Int pixel, Float x) {
    const FloatTag d;
    const auto weight = hn::IfThenElseZero(in, hn::GatherIndex(d, incoming, pixel));
    const auto wanted = hn::Ne(weight, hn::Zero(d));
    if (hn::AllFalse(d, wanted)) return;
    const Distances distances = edges.distances(x);
    const auto counts = hn::And(wanted, distances.counts(squared_radius));
    if (hn::AllFalse(d, counts)) return;
    const Cover cover = distances.cover(inverse_sigma);
    sums.add(distances, hn::Mul(weight, cover.share), counts);
  }
};

/// Adds what each cell hands to its face's corners to the values from `first` on; `values`
/// [value][corner][lane].
HWY_INLINE void add_to_faces(const CellLanes& cells,
                             const Float (*values)[3],
                             int first,
                             int value_count,
                             FaceGradients& gradients) {
  const FloatTag d;
  alignas(64) float lanes[FaceGradients::kShading][3][kLanes];
  for (int value = 0; value < value_count; ++value)
    for (int corner = 0; corner < 3; ++corner)
      hn::Store(values[value][corner], d, lanes[value][corner]);
  for (int lane = 0; lane < cells.count; ++lane) {
    float* to = gradients.of_triangle(cells.triangle[lane]) + first;
    for (int corner = 0; corner < 3; ++corner, to += gradients.values)
      for (int value = 0; value < value_count; ++value) to[value] += lanes[value][corner][lane];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
