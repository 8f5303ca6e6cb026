// SPDX-License-Identifier: Apache-2.0
// What all pixel loops share: blocks of pixels in one vector, distances to a triangle's edges, exp.

#if defined(MONODR_PIXEL_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_PIXEL_BLOCKS_INL_H_
#undef MONODR_PIXEL_BLOCKS_INL_H_
#else
#define MONODR_PIXEL_BLOCKS_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "soft_rasterizer/face_chunk.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = HWY_CAPPED(float, 16);
using Float = hn::Vec<FloatTag>;
using FloatMask = hn::Mask<FloatTag>;
inline constexpr int kLanes = int(hn::MaxLanes(FloatTag()));
inline constexpr bool kHasTwoRows = kLanes >= 4, kHasFourRows = kLanes >= 16;

/// A plane of floats with room behind every row and below the last, so that a block may hang over
/// the image's border: what it writes there is never read.
struct Plane {
  float* data;
  int stride;

  static int stride_for(int width) { return width + kLanes; }
  static std::size_t size_for(int height, int width) {
    return std::size_t(height + 4) * stride_for(width);
  }
};

/// A block is kRows rows of kLanes / kRows pixels: small faces fill a square block better than a
/// long one.
template <int kRows>
HWY_INLINE Float load_block(const float* from, int stride) {
  const FloatTag d;
  if constexpr (kRows == 1) {
    return hn::LoadU(d, from);
  }
#if HWY_TARGET != HWY_SCALAR  // a single lane has no halves
  const hn::Half<FloatTag> half;
  if constexpr (kRows == 2) {
    return hn::Combine(d, hn::LoadU(half, from + stride), hn::LoadU(half, from));
  } else if constexpr (kRows == 4) {
    const hn::Half<hn::Half<FloatTag>> quarter;
    const auto low = hn::LoadU(quarter, from), below_low = hn::LoadU(quarter, from + stride);
    const auto high = hn::LoadU(quarter, from + 2 * stride);
    const auto below_high = hn::LoadU(quarter, from + 3 * stride);
    return hn::Combine(d, hn::Combine(half, below_high, high), hn::Combine(half, below_low, low));
  }
#endif
}

template <int kRows>
HWY_INLINE void store_block(Float value, float* to, int stride) {
  const FloatTag d;
  if constexpr (kRows == 1) {
    hn::StoreU(value, d, to);
    return;
  }
#if HWY_TARGET != HWY_SCALAR
  const hn::Half<FloatTag> half;
  if constexpr (kRows == 2) {
    hn::StoreU(hn::LowerHalf(half, value), half, to);
    hn::StoreU(hn::UpperHalf(half, value), half, to + stride);
  } else if constexpr (kRows == 4) {
    const hn::Half<hn::Half<FloatTag>> quarter;
    const auto low = hn::LowerHalf(half, value), high = hn::UpperHalf(half, value);
    hn::StoreU(hn::LowerHalf(quarter, low), quarter, to);
    hn::StoreU(hn::UpperHalf(quarter, low), quarter, to + stride);
    hn::StoreU(hn::LowerHalf(quarter, high), quarter, to + 2 * stride);
    hn::StoreU(hn::UpperHalf(quarter, high), quarter, to + 3 * stride);
  }
#endif
}

/// Offsets of a block's pixels from its first, one a lane.
template <int kRows>
struct BlockOffsets {
  alignas(64) float x[kLanes]{}, y[kLanes]{};

  constexpr BlockOffsets() {
    for (int lane = 0; lane < kLanes; ++lane) {
      x[lane] = float(lane % (kLanes / kRows));
      y[lane] = float(lane / (kLanes / kRows));
    }
  }
};

/// The three edges of one face of a chunk, and the two linear functions of each in a row of blocks.
struct Edges {
  Float ux[3], uy[3], inward_row[3], along_row[3];
  const FaceChunk& chunk;
  int face;

  HWY_INLINE Edges(const FaceChunk& faces, int n) : chunk(faces), face(n) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      ux[k] = hn::Set(d, faces.ux[k][n]);
      uy[k] = hn::Set(d, faces.uy[k][n]);
    }
  }
  HWY_INLINE void begin_row(Float y) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      inward_row[k] = hn::MulAdd(ux[k], y, hn::Set(d, chunk.inward0[k][face]));
      along_row[k] = hn::MulAdd(uy[k], y, hn::Set(d, chunk.along0[k][face]));
    }
  }
  HWY_INLINE Float inward(int k, Float x) const { return hn::NegMulAdd(uy[k], x, inward_row[k]); }
  HWY_INLINE Float along(int k, Float x) const { return hn::MulAdd(ux[k], x, along_row[k]); }
};

/// Distances of a block's pixels to a triangle.
struct Distances {
  Float inward[3];        ///< px, to the edges' lines
  Float foot[3];          ///< px, 0..length: the nearest point of each edge
  Float beyond[3];        ///< px, how far the pixel lies beyond that edge's ends; signed
  Float squared[3];       ///< px^2, to the edges
  Float nearest_squared;  ///< px^2, to the triangle's border
  Float least_inward;     ///< px, positive inside

  HWY_INLINE Distances(const Edges& edges, Float x) {
    const FloatTag d;
    for (int k = 0; k < 3; ++k) {
      inward[k] = edges.inward(k, x);
      const auto along = edges.along(k, x);
      const auto length = hn::Set(d, edges.chunk.length[k][edges.face]);
      foot[k] = hn::Min(hn::Max(along, hn::Zero(d)), length);
      beyond[k] = hn::Sub(along, foot[k]);
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
};

/// Narrows [first, last] to the columns where rows [y, y + rows) of a face's box may lie within
/// `margin` px of the triangle: a long thin face would otherwise cost its whole box.
HWY_INLINE void narrow_span(
    const FaceChunk& chunk, int n, int y, int rows, float margin, int& first, int& last) {
  for (int k = 0; k < 3; ++k) {
    const float uy = chunk.uy[k][n];
    const float row_end = chunk.ux[k][n] > 0 ? float(y + rows - 1) : float(y);
    const float at_zero = chunk.ux[k][n] * row_end + chunk.inward0[k][n] + margin + 1e-2f;
    // inward = at_zero - uy x must not be negative.
    if (uy > 1e-6f)
      last = int(std::min(float(last), std::max(at_zero / uy, -1.0f)));
    else if (uy < -1e-6f)
      first = int(std::max(float(first), std::min(at_zero / uy, float(last) + 1)));
    else if (at_zero < 0)
      last = -1;
  }
}

/// Calls visitor.begin_row(y) and visitor.block(offset, x) for the blocks that cover a face's box;
/// offset counts floats from the image's first pixel, x and y are local to the box.
template <int kRows, class Visitor>
HWY_INLINE void visit_blocks(
    const FaceChunk& chunk, int n, float margin, int stride, Visitor& visitor) {
  constexpr int kColumns = kLanes / kRows;
  static constexpr BlockOffsets<kRows> offsets;
  const FloatTag d;
  const auto block_x = hn::Load(d, offsets.x), block_y = hn::Load(d, offsets.y);
  const int width = chunk.width[n], height = chunk.height[n];
  for (int y = 0; y < height; y += kRows) {
    int first = 0, last = width - 1;
    if (width > kColumns) narrow_span(chunk, n, y, kRows, margin, first, last);
    if (first > last) continue;
    visitor.begin_row(hn::Add(block_y, hn::Set(d, float(y))));
    const int row = (chunk.top[n] + y) * stride + chunk.left[n];
    for (int x = first; x <= last; x += kColumns)
      visitor.template block<kRows>(row + x, hn::Add(block_x, hn::Set(d, float(x))));
  }
}

/// visit_blocks with the block shape that needs the fewest blocks.
template <class Visitor>
HWY_INLINE void visit_face(
    const FaceChunk& chunk, int n, float margin, int stride, Visitor& visitor) {
  const auto blocks = [&](int rows) {
    const int columns = kLanes / rows;
    return ((chunk.width[n] + columns - 1) / columns) * ((chunk.height[n] + rows - 1) / rows);
  };
  const int one = blocks(1);
  const int two = kHasTwoRows ? blocks(2) : one + 1;
  const int four = kHasFourRows ? blocks(4) : one + 1;
  if constexpr (kHasFourRows) {
    if (four < two && four < one) return visit_blocks<4>(chunk, n, margin, stride, visitor);
  }
  if constexpr (kHasTwoRows) {
    if (two < one) return visit_blocks<2>(chunk, n, margin, stride, visitor);
  }
  visit_blocks<1>(chunk, n, margin, stride, visitor);
}

/// exp to about 1e-7 relative, for arguments in [-80, 80].
HWY_INLINE Float exp_bounded(Float x) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> di;
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

/// exp for arguments <= 0: 0 where it is less than 2e-22. No product of two results is subnormal;
/// subnormal numbers cost many times what others do.
HWY_INLINE Float exp_or_zero(Float x) {
  const FloatTag d;
  const auto least = hn::Set(d, -50.0f);
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

HWY_INLINE float sum_of_lanes(Float x) {
  const FloatTag d;
  return hn::GetLane(hn::SumOfLanes(d, x));
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
