// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <vector>

#include "photometric_kernel.h"

/// The parts of photometric_kernel.cpp that deal with windows: which pixels count, the structure
/// term, and its gradient. Included there and nowhere else.
namespace monodr {
namespace {

constexpr int kChannels = 2;      // luminance, red minus luminance
constexpr int kCoefficients = 3;  // a window's and channel's: of y, of x, constant

inline int window_count(int side) {
  return side < kStructureWindow ? 0 : (side - kStructureWindow) / kStructureStride + 1;
}

/// The overlap as weights 0 or 1, and the rows and columns that hold it.
template <typename T>
struct Overlap {
  std::vector<T> weight;
  int top = 0, bottom = 0, left = 0, right = 0;  ///< half open; empty where nothing overlaps

  void find(const PhotometricView<T>& view) {
    const int side = view.side;
    weight.resize(side * side);
    std::vector<T>& columns = column_memory;
    columns.assign(side, T(0));
    top = side, bottom = 0;
    for (int y = 0; y < side; ++y) {
      const T *hit = view.hit + y * side, *mask = view.mask + y * side;
      const T* known = view.known + y * side;
      T *row = weight.data() + y * side, *column = columns.data(), sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int x = 0; x < side; ++x) {
        row[x] = (hit[x] > 0) & (mask[x] > T(0.5)) & (known[x] > T(0.5)) ? T(1) : T(0);
        column[x] += row[x];
        sum += row[x];
      }
      if (sum > 0) top = std::min(top, y), bottom = y + 1;
    }
    left = 0, right = side;
    while (left < right && columns[left] == 0) ++left;
    while (right > left && columns[right - 1] == 0) --right;
    top = std::min(top, bottom);
  }

 private:
  std::vector<T> column_memory;
};

/// Masked luminance and red-minus-luminance of an image, over the rows and columns of the overlap.
template <typename T>
void structure_channels(int side, const T* image, const Overlap<T>& overlap, T* channels) {
  const int pixels = side * side;
  for (int y = overlap.top; y < overlap.bottom; ++y)
#pragma omp simd
    for (int x = overlap.left; x < overlap.right; ++x) {
      const int i = y * side + x;
      const T w = overlap.weight[i];
      const T luminance = (image[i] + image[pixels + i] + image[2 * pixels + i]) * T(1.0 / 3);
      channels[i] = w * luminance;
      channels[pixels + i] = w * (image[i] - luminance);
    }
}

/// The structure term. Each window's statistics are over its pixels of the overlap; windows with
/// less than half of them are left out. The coefficients say how a window's structure changes with
/// a pixel in it:  d s / d x_p = of_y y_p + of_x x_p + constant.
template <typename T>
class Structure {
 public:
  T sum = 0, by_gain = 0, count = 0;

  void compute(
      T gain, T floor, const PhotometricView<T>& view, const Overlap<T>& overlap, T* coefficients) {
    const int side = view.side, pixels = side * side, windows = window_count(side);
    sum = by_gain = count = 0;
    std::fill(coefficients, coefficients + windows * windows * kChannels * kCoefficients, T(0));
    rendered_.resize(kChannels * pixels);
    observed_.resize(kChannels * pixels);
    structure_channels(side, view.rendered, overlap, rendered_.data());
    structure_channels(side, view.observed, overlap, observed_.data());
    for (int j = 0; j < windows; ++j) {
      const int top = std::max(j * kStructureStride, overlap.top);
      const int bottom = std::min(j * kStructureStride + kStructureWindow, overlap.bottom);
      if (top >= bottom) continue;
      sum_columns(side, top, bottom, overlap);
      for (int i = 0; i < windows; ++i)
        window(side,
               std::max(i * kStructureStride, overlap.left),
               std::min(i * kStructureStride + kStructureWindow, overlap.right),
               gain,
               floor * floor,
               coefficients + (j * windows + i) * kChannels * kCoefficients);
    }
  }

 private:
  static constexpr int kMoments = 5;  // x, y, xx, yy, xy

  /// Sums down the columns of one band of windows: the overlap, then the moments of each channel.
  void sum_columns(int side, int top, int bottom, const Overlap<T>& overlap) {
    columns_.assign((1 + kChannels * kMoments) * side, T(0));
    for (int y = top; y < bottom; ++y) {
      T* inside = columns_.data();
      const T* w = overlap.weight.data() + y * side;
#pragma omp simd
      for (int x = overlap.left; x < overlap.right; ++x) inside[x] += w[x];
      for (int c = 0; c < kChannels; ++c) {
        const T* a = rendered_.data() + (c * side + y) * side;
        const T* b = observed_.data() + (c * side + y) * side;
        T* moments = columns_.data() + (1 + c * kMoments) * side;
        T *sx = moments, *sy = sx + side, *sxx = sy + side, *syy = sxx + side, *sxy = syy + side;
#pragma omp simd
        for (int x = overlap.left; x < overlap.right; ++x) {
          sx[x] += a[x];
          sy[x] += b[x];
          sxx[x] += a[x] * a[x];
          syy[x] += b[x] * b[x];
          sxy[x] += a[x] * b[x];
        }
      }
    }
  }

  T across(int side, int row, int left, int right) const {
    const T* sums = columns_.data() + row * side;
    T total = 0;
    for (int x = left; x < right; ++x) total += sums[x];
    return total;
  }

  void window(int side, int left, int right, T gain, T floor_square, T* coefficients) {
    if (left >= right) return;
    const T inside = across(side, 0, left, right);
    if (2 * inside < kStructureWindow * kStructureWindow) return;
    count += kChannels;
    const T share = 1 / inside;
    for (int c = 0; c < kChannels; ++c, coefficients += kCoefficients) {
      const int row = 1 + c * kMoments;
      const T mean_x = across(side, row, left, right) * share;
      const T mean_y = across(side, row + 1, left, right) * share;
      const T variance_x = across(side, row + 2, left, right) * share - mean_x * mean_x;
      const T variance_y = across(side, row + 3, left, right) * share - mean_y * mean_y;
      const T covariance = across(side, row + 4, left, right) * share - mean_x * mean_y;
      const T inverse = 1 / (gain * gain * variance_x + variance_y + floor_square);
      const T structure = (2 * gain * covariance + floor_square) * inverse;
      sum += structure;
      by_gain += 2 * (covariance - structure * gain * variance_x) * inverse;
      coefficients[0] = 2 * gain * inverse * share;
      coefficients[1] = -2 * structure * gain * gain * inverse * share;
      coefficients[2] = -(coefficients[0] * mean_y + coefficients[1] * mean_x);
    }
  }

  std::vector<T> rendered_, observed_, columns_;
};

/// Sums the coefficients of all windows over each pixel, a band of windows at a time.
template <typename T>
class SpreadCoefficients {
 public:
  SpreadCoefficients(int side, const T* coefficients, T factor, std::vector<T>& memory)
      : side_(side), windows_(window_count(side)), memory_(memory) {
    constexpr int kEach = kChannels * kCoefficients;
    memory_.assign(windows_ * kEach * side, T(0));
    for (int j = 0; j < windows_; ++j)
      for (int i = 0; i < windows_; ++i) {
        const T* window = coefficients + (j * windows_ + i) * kEach;
        if (window[0] == 0) continue;  // left out; 2 gain / (...) is never 0 otherwise
        for (int e = 0; e < kEach; ++e) {
          T* row = memory_.data() + (j * kEach + e) * side + i * kStructureStride;
          for (int x = 0; x < kStructureWindow; ++x) row[x] += factor * window[e];
        }
      }
  }

  /// out [6,side]: coefficients of the pixels of row y.
  void row(int y, T* out) const {
    constexpr int kEach = kChannels * kCoefficients;
    const int first = std::max(0, (y - kStructureWindow + kStructureStride) / kStructureStride);
    const int last = std::min(windows_ - 1, y / kStructureStride);
    std::fill(out, out + kEach * side_, T(0));
    for (int j = first; j <= last; ++j) {
      const T* band = memory_.data() + j * kEach * side_;
#pragma omp simd
      for (int i = 0; i < kEach * side_; ++i) out[i] += band[i];
    }
  }

 private:
  int side_, windows_;
  std::vector<T>& memory_;
};

/// Adds the structure term's gradient of one row to `out` (three planes).
template <typename T>
void add_structure_row(const PhotometricView<T>& view,
                       const Overlap<T>& overlap,
                       int y,
                       const T* coefficients,
                       T* out) {
  const int side = view.side, pixels = side * side;
  const T *r = view.rendered + y * side, *g = r + pixels, *b = g + pixels;
  const T *seen_r = view.observed + y * side, *seen_g = seen_r + pixels, *seen_b = seen_g + pixels;
  const T* w = overlap.weight.data() + y * side;
  T *out_r = out + y * side, *out_g = out_r + pixels, *out_b = out_g + pixels;
  const T *grey = coefficients, *red = coefficients + kCoefficients * side;
#pragma omp simd
  for (int x = overlap.left; x < overlap.right; ++x) {
    const T luminance = (r[x] + g[x] + b[x]) * T(1.0 / 3);
    const T seen = (seen_r[x] + seen_g[x] + seen_b[x]) * T(1.0 / 3);
    const T by_luminance = grey[x] * seen + grey[side + x] * luminance + grey[2 * side + x];
    const T by_red =
        red[x] * (seen_r[x] - seen) + red[side + x] * (r[x] - luminance) + red[2 * side + x];
    const T all = w[x] * (by_luminance - by_red) * T(1.0 / 3);
    out_r[x] += all + w[x] * by_red;
    out_g[x] += all;
    out_b[x] += all;
  }
}

}  // namespace
}  // namespace monodr
