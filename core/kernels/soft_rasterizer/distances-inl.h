// SPDX-License-Identifier: Apache-2.0
// Distances of pixels to a triangle.

#if defined(MONODR_DISTANCES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_DISTANCES_INL_H_
#undef MONODR_DISTANCES_INL_H_
#else
#define MONODR_DISTANCES_INL_H_
#endif

#include "kernels/soft_rasterizer/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

struct Distances {
  Float inward[3];        ///< px, to the edges' lines
  Float foot[3];          ///< px, 0..length: the nearest point of each edge
  Float beyond[3];        ///< px, how far the pixel lies beyond that edge's ends; signed
  Float squared[3];       ///< px^2, to the edges
  Float nearest_squared;  ///< px^2, to the triangle's border
  Float least_inward;     ///< px, positive inside

  /// `inwards`, `along`: the two linear functions of each edge (faces.h) at the pixels.
  HWY_INLINE Distances(const Float* inwards, const Float* along, const Float* length) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      inward[k] = inwards[k];
      foot[k] = hn::Min(hn::Max(along[k], hn::Zero(d)), length[k]);
      beyond[k] = hn::Sub(along[k], foot[k]);
      squared[k] = hn::MulAdd(inward[k], inward[k], hn::Mul(beyond[k], beyond[k]));
    }
    nearest_squared = hn::Min(squared[0], hn::Min(squared[1], squared[2]));
    least_inward = hn::Min(inward[0], hn::Min(inward[1], inward[2]));
  }
  HWY_INLINE FloatMask counts(float squared_radius) const {
    const FloatTag d;
    return hn::Or(hn::Gt(least_inward, hn::Zero(d)),
                  hn::Lt(nearest_squared, hn::Set(d, squared_radius)));
  }
  HWY_INLINE Cover cover(float inverse_sigma) const {
    const FloatTag d;
    const auto scaled = hn::Mul(nearest_squared, hn::Set(d, inverse_sigma));
    return Cover(hn::CopySign(scaled, least_inward));
  }
};

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
