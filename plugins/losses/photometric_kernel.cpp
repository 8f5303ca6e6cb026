// SPDX-License-Identifier: Apache-2.0
#include "photometric_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace monodr {
namespace {

constexpr int kChannels = 2;             // of the structure term: luminance, red minus luminance
constexpr int kCoefficients = 3;         // a window's and channel's: of y, of x, constant
constexpr double kVarianceFloor = 1e-4;  // keeps the gain of a flat rendering defined
constexpr double kLostDifference = 0.5;  // intensity difference charged where nothing overlaps

/// What the loss keeps for the gradient; the window coefficients follow it in the state.
template <typename T>
struct Summary {
  T count;                 ///< colour values in the overlap (3 a pixel)
  T gain, bias;            ///< observed ~ gain * rendered + bias
  T of_x, of_y, constant;  ///< d loss / d x by way of gain and bias = of_y y + of_x x + constant
  static constexpr int size = 6;
};

int window_count(int side) {
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

/// Gain and bias by least squares over all colour values of the overlap, the gain clamped.
template <typename T>
struct Brightness {
  T count = 0, mean_x = 0, mean_y = 0, variance_x = 0, gain = 1, bias = 0;
  bool clamped = false;

  Brightness(const PhotometricOptions& options,
             const PhotometricView<T>& view,
             const Overlap<T>& overlap) {
    const int side = view.side;
    T sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
    for (int c = 0; c < 3; ++c)
      for (int y = overlap.top; y < overlap.bottom; ++y) {
        const T* w = overlap.weight.data() + y * side;
        const T* rendered = view.rendered + (c * side + y) * side;
        const T* observed = view.observed + (c * side + y) * side;
#pragma omp simd reduction(+ : count, sum_x, sum_y, sum_xx, sum_xy)
        for (int x = overlap.left; x < overlap.right; ++x) {
          const T value = w[x] * rendered[x];
          count += w[x];
          sum_x += value;
          sum_y += w[x] * observed[x];
          sum_xx += value * rendered[x];
          sum_xy += value * observed[x];
        }
      }
    if (count == 0) return;
    mean_x = sum_x / count;
    mean_y = sum_y / count;
    variance_x = std::max(T(0), sum_xx / count - mean_x * mean_x) + T(kVarianceFloor);
    const T free_gain = (sum_xy / count - mean_x * mean_y) / variance_x;
    gain = std::clamp(free_gain, T(options.gain_minimum), T(options.gain_maximum));
    clamped = gain != free_gain;
    bias = mean_y - gain * mean_x;
  }

  /// Hands d loss / d gain and d loss / d bias on to the rendered values they were fitted from.
  Summary<T> summary(T by_gain, T by_bias) const {
    Summary<T> result{count, gain, bias, 0, 0, -by_bias * gain / count};
    if (clamped) return result;
    const T total = (by_gain - by_bias * mean_x) / (count * variance_x);
    result.of_y = total;
    result.of_x = -2 * gain * total;
    result.constant -= result.of_y * mean_y + result.of_x * mean_x;
    return result;
  }
};

template <typename T>
T charbonnier(T difference, T scale) {
  return std::sqrt(difference * difference + scale * scale) - scale;
}

/// Sums over the overlap for the Charbonnier term and its derivative by gain and bias.
template <typename T>
struct Intensity {
  T cost = 0, by_gain = 0, by_bias = 0;

  Intensity(T scale,
            const PhotometricView<T>& view,
            const Overlap<T>& overlap,
            const Brightness<T>& brightness) {
    const int side = view.side;
    const T gain = brightness.gain, bias = brightness.bias, square = scale * scale;
    for (int c = 0; c < 3; ++c)
      for (int y = overlap.top; y < overlap.bottom; ++y) {
        const T* w = overlap.weight.data() + y * side;
        const T* rendered = view.rendered + (c * side + y) * side;
        const T* observed = view.observed + (c * side + y) * side;
#pragma omp simd reduction(+ : cost, by_gain, by_bias)
        for (int x = overlap.left; x < overlap.right; ++x) {
          const T difference = gain * rendered[x] + bias - observed[x];
          const T root = std::sqrt(difference * difference + square);
          const T slope = w[x] * difference / root;
          cost += w[x] * (root - scale);
          by_gain += slope * rendered[x];
          by_bias += slope;
        }
      }
  }
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

template <typename T>
struct Workspace {
  Overlap<T> overlap;
  Structure<T> structure;
  std::vector<T> bands, row;

  /// One a thread: nothing is allocated once the first row is done.
  static Workspace& of_this_thread() {
    thread_local Workspace workspace;
    return workspace;
  }
};

}  // namespace

std::int64_t photometric_state(int side) {
  const std::int64_t windows = window_count(side);
  return Summary<float>::size + 1 + windows * windows * kChannels * kCoefficients;
}

template <typename T>
T photometric_loss(const PhotometricOptions& options, const PhotometricView<T>& view, T* state) {
  Workspace<T>& workspace = Workspace<T>::of_this_thread();
  Overlap<T>& overlap = workspace.overlap;
  overlap.find(view);
  const T scale = T(options.intensity_scale), weight_intensity = T(options.weight_intensity);
  const T weight_structure = T(options.weight_structure);
  const Brightness<T> brightness(options, view, overlap);
  if (brightness.count == 0) {
    state[0] = 0;
    return weight_intensity * charbonnier(T(kLostDifference), scale) + weight_structure;
  }
  const Intensity<T> intensity(scale, view, overlap, brightness);
  Structure<T>& structure = workspace.structure;
  structure.compute(
      brightness.gain, T(options.structure_floor), view, overlap, state + Summary<T>::size + 1);

  const T intensity_share = weight_intensity / brightness.count;
  const T structure_share = structure.count > 0 ? weight_structure / structure.count : T(0);
  const Summary<T> summary =
      brightness.summary(intensity_share * intensity.by_gain - structure_share * structure.by_gain,
                         intensity_share * intensity.by_bias);
  const T kept[] = {summary.count,
                    summary.gain,
                    summary.bias,
                    summary.of_x,
                    summary.of_y,
                    summary.constant,
                    structure_share};
  std::copy(std::begin(kept), std::end(kept), state);
  return intensity_share * intensity.cost + weight_structure - structure_share * structure.sum;
}

template <typename T>
void photometric_gradient(const PhotometricOptions& options,
                          const PhotometricView<T>& view,
                          const T* state,
                          T scale,
                          T* out) {
  const int side = view.side;
  std::fill(out, out + 3 * side * side, T(0));
  const Summary<T> kept{state[0], state[1], state[2], state[3], state[4], state[5]};
  if (kept.count == 0) return;
  Workspace<T>& workspace = Workspace<T>::of_this_thread();
  Overlap<T>& overlap = workspace.overlap;
  overlap.find(view);
  const SpreadCoefficients<T> spread(
      side, state + Summary<T>::size + 1, -scale * state[Summary<T>::size], workspace.bands);
  workspace.row.resize(kChannels * kCoefficients * side);

  const T square = T(options.intensity_scale * options.intensity_scale);
  const T share = scale * T(options.weight_intensity) * kept.gain / kept.count;
  for (int y = overlap.top; y < overlap.bottom; ++y) {
    const T* w = overlap.weight.data() + y * side;
    for (int c = 0; c < 3; ++c) {
      const T* rendered = view.rendered + (c * side + y) * side;
      const T* observed = view.observed + (c * side + y) * side;
      T* row = out + (c * side + y) * side;
#pragma omp simd
      for (int x = overlap.left; x < overlap.right; ++x) {
        const T difference = kept.gain * rendered[x] + kept.bias - observed[x];
        const T by_brightness = kept.of_y * observed[x] + kept.of_x * rendered[x] + kept.constant;
        row[x] = w[x] * (share * difference / std::sqrt(difference * difference + square) +
                         scale * by_brightness);
      }
    }
    spread.row(y, workspace.row.data());
    add_structure_row(view, overlap, y, workspace.row.data(), out);
  }
}

template float photometric_loss(const PhotometricOptions&, const PhotometricView<float>&, float*);
template double photometric_loss(const PhotometricOptions&,
                                 const PhotometricView<double>&,
                                 double*);
template void photometric_gradient(
    const PhotometricOptions&, const PhotometricView<float>&, const float*, float, float*);
template void photometric_gradient(
    const PhotometricOptions&, const PhotometricView<double>&, const double*, double, double*);

}  // namespace monodr
