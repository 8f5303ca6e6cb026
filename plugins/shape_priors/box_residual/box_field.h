// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

namespace monodr::box_residual {

/// A BOX AND WHAT IT IS TOO MUCH: signed distances after VSRD (CVPR 2024), negative inside, in metres, at a point q of the
/// canonical frame (geometry/mesh.h: x forward, y down, z left, the box is [-0.5,0.5]^3):
///
///     f(q) = box(q) + r(q),      r(q) = sum_k a_k phi_k(q),      a_k = 1 m / (1 + exp(1 - c_k))
///
/// with the signed distance `box` of a box of the mean car's size. The residual is never negative, so that the body lies in the
/// box, and each of its ten parts phi_k, 0 to 1, vanishes somewhere on each face, so that the body touches all of them:
///
///     phi_0..7   lower the roof line at one place along the car, x_k = -0.5, -0.4, -0.3, -0.2, 0.2, 0.3, 0.4, 0.5
///     phi_8, 9   draw the sides in above the belt, at the rear and at the front
///
/// A code of zeros gives each 0.27 m. Where r changes, f is no exact distance: its slope is up to 1 + 4 a_k / 1.5 m.
constexpr int kParts = 10;
constexpr std::array<double, 3> kSize{3.9, 1.5, 1.6};  ///< m along x, y, z

template <typename T>
T amplitude(T code) {
  return 1 / (1 + std::exp(1 - code));
}
template <typename T>
T amplitude_slope(T code) {
  const T a = amplitude(code);
  return a * (1 - a);
}

/// A piecewise linear function of one coordinate.
template <typename T>
struct Ramp {
  T value = 0, slope = 0;
};

/// 0 below `low`, 1 above `high`.
template <typename T>
Ramp<T> ramp(T x, T low, T high) {
  const T share = (x - low) / (high - low);
  if (share <= 0) return {0, 0};
  if (share >= 1) return {1, 0};
  return {share, 1 / (high - low)};
}

/// 1 at `centre`, 0 at a distance of `width`; beyond the ends of the car as at them.
template <typename T>
Ramp<T> hat(T x, T centre, T width) {
  const T held = std::clamp(x, T(-0.5), T(0.5));
  const T share = 1 - std::abs(held - centre) / width;
  if (share <= 0) return {0, 0};
  return {share, held != x || held == centre ? T(0) : (held > centre ? -1 : 1) / width};
}

template <typename T>
struct Parts {
  std::array<T, kParts> value{};
  std::array<std::array<T, 3>, kParts> slope{};  ///< in q
};

template <typename T>
Parts<T> parts_at(const std::array<T, 3>& q) {
  constexpr std::array<double, 8> kPlaces{-0.5, -0.4, -0.3, -0.2, 0.2, 0.3, 0.4, 0.5};
  Parts<T> parts;
  const Ramp<T> up = ramp(-q[1], T(0), T(0.25));
  if (up.value == 0) return parts;
  const auto fill = [&](int k, const Ramp<T>& along, const Ramp<T>& across, T side) {
    parts.value[k] = along.value * up.value * across.value;
    parts.slope[k] = {along.slope * up.value * across.value,
                      -along.value * up.slope * across.value,
                      along.value * up.value * across.slope * side};
  };
  for (int k = 0; k < 8; ++k) fill(k, hat(q[0], T(kPlaces[k]), T(0.1)), {1, 0}, 0);
  const T side = q[2] < 0 ? -1 : 1;
  const Ramp<T> out = ramp(std::abs(q[2]), T(0.25), T(0.5));
  fill(8, hat(q[0], T(-0.25), T(0.5)), out, side);
  fill(9, hat(q[0], T(0.25), T(0.5)), out, side);
  return parts;
}

/// The box's signed distance and its slope in q.
template <typename T>
T box_distance(const std::array<T, 3>& q, std::array<T, 3>* slope = nullptr) {
  std::array<T, 3> beyond, sign;
  T outside = 0, nearest = -1e9;
  int axis = 0;
  for (int i = 0; i < 3; ++i) {
    sign[i] = q[i] < 0 ? -1 : 1;
    beyond[i] = T(kSize[i]) * (std::abs(q[i]) - T(0.5));
    if (beyond[i] > nearest) nearest = beyond[i], axis = i;
    if (beyond[i] > 0) outside += beyond[i] * beyond[i];
  }
  const T distance = outside > 0 ? std::sqrt(outside) : nearest;
  if (slope != nullptr)
    for (int i = 0; i < 3; ++i) {
      const T part = outside > 0 ? std::max(beyond[i], T(0)) / distance : T(i == axis ? 1 : 0);
      (*slope)[i] = part * sign[i] * T(kSize[i]);
    }
  return distance;
}

/// f(q); `amplitudes` null = the box alone.
template <typename T>
T signed_distance(const std::array<T, 3>& q, const std::array<T, kParts>* amplitudes) {
  T distance = box_distance(q);
  if (amplitudes == nullptr) return distance;
  const Parts<T> parts = parts_at(q);
  for (int k = 0; k < kParts; ++k) distance += (*amplitudes)[k] * parts.value[k];
  return distance;
}

}  // namespace monodr::box_residual
