// SPDX-License-Identifier: Apache-2.0
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_products/rows.cpp"
#include <hwy/foreach_target.h>
// foreach_target.h comes first: it includes this file once for every target.
#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "kernels/row_products/rows.h"

HWY_BEFORE_NAMESPACE();
namespace monodr::row_products {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Tag = HWY_CAPPED(float, 16);
inline constexpr std::int64_t kLanes = hn::MaxLanes(Tag());

/// One panel of columns, `width` of them wanted: R rows at a time share what is loaded of b. A panel's row
/// of b and of `start` has at least kLanes values.
template <int R>
HWY_INLINE void panel_rows(const float* a,
                           std::int64_t depth,
                           const float* b,
                           std::int64_t b_stride,
                           const float* start,
                           std::int64_t width,
                           float* out,
                           std::int64_t out_stride) {
  const Tag d;
  hn::Vec<Tag> sum[R];
  for (int r = 0; r < R; ++r) sum[r] = start == nullptr ? hn::Zero(d) : hn::LoadU(d, start);
  for (std::int64_t k = 0; k < depth; ++k) {
    const auto values = hn::LoadU(d, b + k * b_stride);
    for (int r = 0; r < R; ++r) sum[r] = hn::MulAdd(hn::Set(d, a[r * depth + k]), values, sum[r]);
  }
  for (int r = 0; r < R; ++r) {
    if (width >= kLanes) {
      hn::StoreU(sum[r], d, out + r * out_stride);
    } else {
      float whole[kLanes];
      hn::StoreU(sum[r], d, whole);
      std::copy(whole, whole + width, out + r * out_stride);
    }
  }
}

void products(const float* a,
              std::int64_t rows,
              std::int64_t depth,
              const float* b,
              std::int64_t columns,
              const float* start,
              float* out) {
  // The last, narrower panel is copied to where whole vectors may be read.
  const std::int64_t whole = columns / kLanes * kLanes, rest = columns - whole;
  static thread_local std::vector<float> tail;
  if (rest > 0) {
    tail.assign(static_cast<std::size_t>((depth + 1) * kLanes), 0);
    for (std::int64_t k = 0; k < depth; ++k)
      std::copy_n(b + k * columns + whole, rest, tail.data() + k * kLanes);
    if (start != nullptr) std::copy_n(start + whole, rest, tail.data() + depth * kLanes);
  }
  for (std::int64_t m = 0; m < columns; m += kLanes) {
    const bool is_tail = m == whole;
    const float* panel = is_tail ? tail.data() : b + m;
    const std::int64_t stride = is_tail ? kLanes : columns, width = std::min(kLanes, columns - m);
    const float* first =
        start == nullptr ? nullptr : (is_tail ? tail.data() + depth * kLanes : start + m);
    std::int64_t n = 0;
    for (; n + 8 <= rows; n += 8)
      panel_rows<8>(
          a + n * depth, depth, panel, stride, first, width, out + n * columns + m, columns);
    for (; n < rows; ++n)
      panel_rows<1>(
          a + n * depth, depth, panel, stride, first, width, out + n * columns + m, columns);
  }
}

using DotTag = HWY_CAPPED(float, 8);
inline constexpr std::int64_t kParts = 8;

/// Eight partial sums whatever the width of the machine's vectors, so that all machines that fuse agree.
HWY_INLINE float dot(const float* x, const float* y, std::int64_t count) {
  const DotTag d;
  constexpr std::int64_t lanes = hn::MaxLanes(DotTag());
  float parts[kParts] = {};
  std::int64_t m = 0;
  hn::Vec<DotTag> sum[kParts / lanes];
  for (auto& part : sum) part = hn::Zero(d);
  for (; m + kParts <= count; m += kParts)
    for (std::int64_t p = 0; p < kParts / lanes; ++p)
      sum[p] = hn::MulAdd(hn::LoadU(d, x + m + p * lanes), hn::LoadU(d, y + m + p * lanes), sum[p]);
  for (std::int64_t p = 0; p < kParts / lanes; ++p) hn::StoreU(sum[p], d, parts + p * lanes);
  for (std::int64_t i = 0; m + i < count; ++i) parts[i] += x[m + i] * y[m + i];
  return ((parts[0] + parts[1]) + (parts[2] + parts[3])) +
         ((parts[4] + parts[5]) + (parts[6] + parts[7]));
}

void products_backward(const float* g,
                       std::int64_t rows,
                       std::int64_t columns,
                       const float* b,
                       std::int64_t depth,
                       float* out) {
  for (std::int64_t n = 0; n < rows; ++n)
    for (std::int64_t k = 0; k < depth; ++k)
      out[n * depth + k] = dot(g + n * columns, b + k * columns, columns);
}

}  // namespace HWY_NAMESPACE
}  // namespace monodr::row_products
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace monodr::row_products {

HWY_EXPORT(products);
HWY_EXPORT(products_backward);

void forward(const float* a,
             std::int64_t rows,
             std::int64_t depth,
             const float* b,
             std::int64_t columns,
             const float* start,
             float* out) {
  HWY_DYNAMIC_DISPATCH(products)(a, rows, depth, b, columns, start, out);
}

void forward(const double* a,
             std::int64_t rows,
             std::int64_t depth,
             const double* b,
             std::int64_t columns,
             const double* start,
             double* out) {
  for (std::int64_t n = 0; n < rows; ++n) {
    double* row = out + n * columns;
    for (std::int64_t m = 0; m < columns; ++m) row[m] = start == nullptr ? 0 : start[m];
    for (std::int64_t k = 0; k < depth; ++k)
      for (std::int64_t m = 0; m < columns; ++m) row[m] += a[n * depth + k] * b[k * columns + m];
  }
}

void backward(const float* g,
              std::int64_t rows,
              std::int64_t columns,
              const float* b,
              std::int64_t depth,
              float* out) {
  HWY_DYNAMIC_DISPATCH(products_backward)(g, rows, columns, b, depth, out);
}

void backward(const double* g,
              std::int64_t rows,
              std::int64_t columns,
              const double* b,
              std::int64_t depth,
              double* out) {
  for (std::int64_t n = 0; n < rows; ++n)
    for (std::int64_t k = 0; k < depth; ++k) {
      double sum = 0;
      for (std::int64_t m = 0; m < columns; ++m) sum += g[n * columns + m] * b[k * columns + m];
      out[n * depth + k] = sum;
    }
}

}  // namespace monodr::row_products
#endif  // HWY_ONCE
