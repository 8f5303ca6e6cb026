// SPDX-License-Identifier: Apache-2.0
// The forward pass: a face after the other, its pixels in blocks of one vector.

#if defined(MONODR_PIXEL_BLOCKS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MONODR_PIXEL_BLOCKS_INL_H_
#undef MONODR_PIXEL_BLOCKS_INL_H_
#else
#define MONODR_PIXEL_BLOCKS_INL_H_
#endif

#include <algorithm>

#include "kernels/soft_rasterizer/distances-inl.h"
#include "kernels/soft_rasterizer/faces.h"
#include "kernels/soft_rasterizer/rasterize.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::soft_rasterizer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr bool kHasTwoRows = kLanes >= 4, kHasFourRows = kLanes >= 16;

/// A plane of floats with room behind every row and below the last, so that a block may hang over
/// the image's border: what it writes there is never read.
struct Plane {
  float* data;
  int stride;

  static constexpr int kRowsBelow = 4;

  static int stride_for(int width) { return width + kLanes; }
  static std::size_t size_for(int height, int width) {
    return std::size_t(height + kRowsBelow) * stride_for(width);
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
  HWY_INLINE void inward(Float x, Float* to) const {
    for (int k = 0; k < 3; ++k) to[k] = hn::NegMulAdd(uy[k], x, inward_row[k]);
  }
  HWY_INLINE Distances distances(Float x) const {
    const FloatTag d;
    Float inwards[3], along[3], length[3];
    inward(x, inwards);
    for (int k = 0; k < 3; ++k) {
      along[k] = hn::MulAdd(ux[k], x, along_row[k]);
      length[k] = hn::Set(d, chunk.length[k][face]);
    }
    return Distances(inwards, along, length);
  }
};

/// Narrows [first, last] to the columns where rows [y, y + rows) of a face may lie within `margin`
/// px of the triangle: a long thin face would otherwise cost its whole box.
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
      last = first - 1;
  }
}

/// Rows [first, last) of an image, the share of one thread.
struct Band {
  int first, last;

  Band(int height, Part part)
      : first(int(std::int64_t(height) * part.index / part.count)),
        last(int(std::int64_t(height) * (part.index + 1) / part.count)) {}
};

/// Calls visitor.begin_row(y) and visitor.block(offset, x) for the blocks that cover a box within
/// the band; offset counts floats from the image's first pixel, x and y count as the face does. A
/// block may hang over box and band.
template <int kRows, class Visitor>
HWY_INLINE void visit_blocks(const FaceChunk& chunk,
                             int n,
                             const Box& box,
                             const Band& band,
                             float margin,
                             int stride,
                             Visitor& visitor) {
  constexpr int kColumns = kLanes / kRows;
  static constexpr BlockOffsets<kRows> offsets;
  const FloatTag d;
  const auto block_x = hn::Load(d, offsets.x), block_y = hn::Load(d, offsets.y);
  const int left = box.left - chunk.reach.left[n], top = box.top - chunk.reach.top[n];
  const int first_row = std::max(box.top, band.first) - box.top;
  const int last_row = std::min(box.top + box.height, band.last) - box.top;
  for (int row = first_row; row < last_row; row += kRows) {
    const int y = top + row;
    int first = left, last = left + box.width - 1;
    if (box.width > kColumns) narrow_span(chunk, n, y, kRows, margin, first, last);
    if (first > last) continue;
    visitor.begin_row(hn::Add(block_y, hn::Set(d, float(y))));
    const int start = (box.top + row) * stride + chunk.reach.left[n];
    for (int x = first; x <= last; x += kColumns)
      visitor.template block<kRows>(start + x, hn::Add(block_x, hn::Set(d, float(x))));
  }
}

/// visit_blocks with the block shape that needs the fewest blocks.
template <class Visitor>
HWY_INLINE void visit_box(const FaceChunk& chunk,
                          int n,
                          const Box& box,
                          const Band& band,
                          float margin,
                          int stride,
                          Visitor& visitor) {
  const auto blocks = [&](int rows) {
    const int columns = kLanes / rows;
    return ((box.width + columns - 1) / columns) * ((box.height + rows - 1) / rows);
  };
  const int one = blocks(1);
  const int two = kHasTwoRows ? blocks(2) : one + 1;
  const int four = kHasFourRows ? blocks(4) : one + 1;
  if constexpr (kHasFourRows) {
    if (four < two && four < one)
      return visit_blocks<4>(chunk, n, box, band, margin, stride, visitor);
  }
  if constexpr (kHasTwoRows) {
    if (two < one) return visit_blocks<2>(chunk, n, box, band, margin, stride, visitor);
  }
  visit_blocks<1>(chunk, n, box, band, margin, stride, visitor);
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::soft_rasterizer
HWY_AFTER_NAMESPACE();

#endif  // per-target include guard
