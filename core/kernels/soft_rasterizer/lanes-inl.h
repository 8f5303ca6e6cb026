// SPDX-License-Identifier: Apache-2.0
// What all pixel loops share: vectors of floats, exp, 1/x, the sigmoid.

#if defined(MONODR_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_LANES_INL_H_
#undef MONODR_LANES_INL_H_
#else
#define MONODR_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = HWY_CAPPED(float, 16);
using IntTag = hn::RebindToSigned<FloatTag>;
using Float = hn::Vec<FloatTag>;
using Int = hn::Vec<IntTag>;
using FloatMask = hn::Mask<FloatTag>;
inline constexpr int kLanes = int(hn::MaxLanes(FloatTag()));

/// exp to about 1e-7 relative, for arguments in [-80, 80].
HWY_INLINE Float exp_bounded(Float x) {
  const FloatTag d;
  const IntTag di;
  const auto exponent = hn::NearestInt(hn::Mul(x, hn::Set(d, 1.44269504f)));
  const auto whole = hn::ConvertTo(d, exponent);
  // ln 2 in two parts: the first has few bits, so that its product with `whole` is exact.
  auto r = hn::NegMulAdd(whole, hn::Set(d, 0.693359375f), x);
  r = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4f), r);
  auto p = hn::MulAdd(hn::Set(d, 1.0f / 720), r, hn::Set(d, 1.0f / 120));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 24));
  p = hn::MulAdd(p, r, hn::Set(d, 1.0f / 6));
  p = hn::MulAdd(p, r, hn::Set(d, 0.5f));
  p = hn::MulAdd(p, hn::Mul(r, r), hn::Add(r, hn::Set(d, 1.0f)));
  const auto scale = hn::ShiftLeft<23>(hn::Add(exponent, hn::Set(di, 127)));
  return hn::Mul(p, hn::BitCast(d, scale));
}

/// exp_or_zero is 0 below this.
inline constexpr float kLeastExponent = -50.0f;

/// exp for arguments <= 0: 0 where it is less than 2e-22. No product of two results is subnormal;
/// subnormal numbers cost many times what others do.
HWY_INLINE Float exp_or_zero(Float x) {
  const FloatTag d;
  const auto least = hn::Set(d, kLeastExponent);
  return hn::IfThenElseZero(hn::Gt(x, least), exp_bounded(hn::Max(x, least)));
}

/// 1/x to a unit or two in the last place.
HWY_INLINE Float reciprocal(Float x) {
  const FloatTag d;
  const auto guess = hn::ApproximateReciprocal(x);
  return hn::Mul(guess, hn::NegMulAdd(x, guess, hn::Set(d, 2.0f)));
}

/// D = sigmoid(x) and 1 - D, both without cancellation; |x| is cut to 30, where nothing is left to
/// see and no product turns subnormal.
struct Cover {
  Float share, rest;

  HWY_INLINE explicit Cover(Float x) {
    const FloatTag d;
    const auto most = hn::Set(d, 30.0f);
    const auto e = exp_bounded(hn::Min(hn::Max(hn::Neg(x), hn::Neg(most)), most));
    share = reciprocal(hn::Add(hn::Set(d, 1.0f), e));
    rest = hn::Mul(e, share);
  }
};

/// w_0 a_0 + w_1 a_1 + w_2 a_2
HWY_INLINE Float weighted_sum(const Float* weight, const Float* at) {
  return hn::MulAdd(weight[0], at[0], hn::MulAdd(weight[1], at[1], hn::Mul(weight[2], at[2])));
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
