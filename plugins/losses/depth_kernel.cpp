// SPDX-License-Identifier: Apache-2.0
#include "depth_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace monodr {
namespace {

/// Is every pixel within `border` of (x, y) part of the mask? Beyond the crop counts as mask: a car
/// that fills the crop has no edge there.
template <typename T>
bool far_from_edge(int side, const T* mask, int x, int y, double border) {
  const int reach = static_cast<int>(border);
  for (int dy = -reach; dy <= reach; ++dy)
    for (int dx = -reach; dx <= reach; ++dx) {
      if (dx * dx + dy * dy > border * border) continue;
      const int column = x + dx, row = y + dy;
      if (column < 0 || row < 0 || column >= side || row >= side) continue;
      if (mask[row * side + column] <= T(0.5)) return false;
    }
  return true;
}

/// Residual of one pixel in units of the scale.
template <typename T>
T scaled_residual(DepthResidual residual, T scale, T rendered, T observed) {
  return (residual == DepthResidual::log ? std::log(rendered / observed) : rendered - observed) /
         scale;
}

}  // namespace

template <typename T>
void depth_evidence(int side,
                    const T* depth,
                    const T* mask,
                    const T* known,
                    double border,
                    int minimum,
                    T* evidence) {
  int kept = 0;
  for (int y = 0, i = 0; y < side; ++y)
    for (int x = 0; x < side; ++x, ++i) {
      const bool usable = depth[i] > 0 && mask[i] > T(0.5) && known[i] > T(0.5);
      evidence[i] = usable && far_from_edge(side, mask, x, y, border) ? T(1) : T(0);
      kept += evidence[i] > 0;
    }
  if (kept < minimum && border > 0) depth_evidence(side, depth, mask, known, 0, 0, evidence);
}

template <typename T>
double depth_reliability(
    int side, const T* depth, const T* evidence, double deviation, double maximum) {
  constexpr size_t kEnough = 30;
  const int lag = std::max(1, side / 16);
  std::vector<double> differences;
  int count = 0;
  const auto add = [&](int p, int step) {
    if (evidence[p - step] == 0 || evidence[p + step] == 0) return;
    const double middle = static_cast<double>(depth[p]);
    differences.push_back(
        std::abs(std::log(static_cast<double>(depth[p - step]) *
                          static_cast<double>(depth[p + step]) / (middle * middle))));
  };
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const int p = y * side + x;
      if (evidence[p] == 0) continue;
      ++count;
      if (x >= lag && x + lag < side) add(p, lag);
      if (y >= lag && y + lag < side) add(p, lag * side);
    }
  if (differences.size() < kEnough || deviation <= 0) return 1;
  const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
  std::nth_element(differences.begin(), middle, differences.end());
  const double local = *middle / 0.6745;  // of a normal distribution: its deviation
  const double share = std::min(1.0, local * local / (6 * deviation * deviation));
  const double left = 1 - share + share * lag * lag / count;
  return std::clamp(1 / left, 1.0, maximum);
}

template <typename T>
T depth_loss(DepthResidual residual,
             T scale,
             int pixels,
             const T* rendered,
             const T* observed,
             const T* evidence,
             T* state) {
  T sum = 0;
  int count = 0;
  for (int i = 0; i < pixels; ++i) {
    if (evidence[i] == 0) continue;
    ++count;
    if (rendered[i] > 0) {
      const T r = scaled_residual(residual, scale, rendered[i], observed[i]);
      sum += r * r / (1 + r * r);
    } else {
      sum += 1;
    }
  }
  state[0] = static_cast<T>(count);
  return count > 0 ? sum / count : T(0);
}

template <typename T>
void depth_gradient(DepthResidual residual,
                    T scale,
                    int pixels,
                    const T* rendered,
                    const T* observed,
                    const T* evidence,
                    const T* state,
                    T factor,
                    T* out) {
  std::fill(out, out + pixels, T(0));
  if (state[0] == 0) return;
  const T share = 2 * factor / (state[0] * scale);
  for (int i = 0; i < pixels; ++i) {
    if (evidence[i] == 0 || !(rendered[i] > 0)) continue;
    const T r = scaled_residual(residual, scale, rendered[i], observed[i]);
    const T inner = residual == DepthResidual::log ? 1 / rendered[i] : T(1);
    out[i] = share * inner * r / ((1 + r * r) * (1 + r * r));
  }
}

template void depth_evidence(int, const float*, const float*, const float*, double, int, float*);
template void depth_evidence(
    int, const double*, const double*, const double*, double, int, double*);
template double depth_reliability(int, const float*, const float*, double, double);
template double depth_reliability(int, const double*, const double*, double, double);
template float depth_loss(
    DepthResidual, float, int, const float*, const float*, const float*, float*);
template double depth_loss(
    DepthResidual, double, int, const double*, const double*, const double*, double*);
template void depth_gradient(DepthResidual,
                             float,
                             int,
                             const float*,
                             const float*,
                             const float*,
                             const float*,
                             float,
                             float*);
template void depth_gradient(DepthResidual,
                             double,
                             int,
                             const double*,
                             const double*,
                             const double*,
                             const double*,
                             double,
                             double*);

}  // namespace monodr
