// SPDX-License-Identifier: Apache-2.0
#include "photometric_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "photometric_structure.h"

namespace monodr {
namespace {

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

/// Gain and bias by least squares over all colour values of the overlap, the gain clamped.
template <typename T>
struct Brightness {
  T count = 0, mean_x = 0, mean_y = 0, variance_x = 0, gain = 1, bias = 0;
  bool clamped = false;

  Brightness(const PhotometricParameters& options,
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
T photometric_loss(const PhotometricParameters& options, const PhotometricView<T>& view, T* state) {
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
void photometric_gradient(const PhotometricParameters& options,
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

template float photometric_loss(const PhotometricParameters&,
                                const PhotometricView<float>&,
                                float*);
template double photometric_loss(const PhotometricParameters&,
                                 const PhotometricView<double>&,
                                 double*);
template void photometric_gradient(
    const PhotometricParameters&, const PhotometricView<float>&, const float*, float, float*);
template void photometric_gradient(
    const PhotometricParameters&, const PhotometricView<double>&, const double*, double, double*);

}  // namespace monodr
