// SPDX-License-Identifier: Apache-2.0
#include "mask_kernel.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace monodr {
namespace {

template <typename T>
T iou_loss(int pixels, const T* a, const T* m, const T* k, T* state) {
  T intersection = 0, both = 0;
#pragma omp simd reduction(+ : intersection, both)
  for (int i = 0; i < pixels; ++i) {
    intersection += k[i] * a[i] * m[i];
    both += k[i] * (a[i] + m[i]);
  }
  const T join = both - intersection;
  state[0] = intersection;
  state[1] = join;
  return join > T(1e-6) ? 1 - intersection / join : T(0);  // nothing seen, nothing rendered
}

template <typename T>
void iou_gradient(int pixels, const T* m, const T* k, const T* state, T scale, T* out) {
  const T intersection = state[0], join = state[1];
  if (!(join > T(1e-6))) return std::fill(out, out + pixels, T(0));
  // d/dA of -I/U with dI/dA = k M and dU/dA = k (1 - M)
  const T inside = -scale / join, outside = scale * intersection / (join * join);
#pragma omp simd
  for (int i = 0; i < pixels; ++i) out[i] = k[i] * (inside * m[i] + outside * (1 - m[i]));
}

template <typename T>
T tanimoto_loss(int pixels, const T* a, const T* m, const T* k, T* state) {
  T error = 0, join = 0;
#pragma omp simd reduction(+ : error, join)
  for (int i = 0; i < pixels; ++i) {
    const T square = k[i] * (a[i] - m[i]) * (a[i] - m[i]);
    error += square;
    join += square + k[i] * a[i] * m[i];
  }
  state[0] = error;
  state[1] = join;
  return join > T(1e-6) ? error / join : T(0);  // nothing seen, nothing rendered
}

template <typename T>
void tanimoto_gradient(
    int pixels, const T* a, const T* m, const T* k, const T* state, T scale, T* out) {
  const T error = state[0], join = state[1];
  if (!(join > T(1e-6))) return std::fill(out, out + pixels, T(0));
  const T apart = 2 * scale / join, together = scale * error / (join * join);
#pragma omp simd
  for (int i = 0; i < pixels; ++i)
    out[i] = k[i] * (apart * (a[i] - m[i]) - together * (2 * a[i] - m[i]));
}

template <typename T>
T squared_error_loss(int pixels, const T* a, const T* m, const T* k, T* state) {
  T error = 0, area = 0;
#pragma omp simd reduction(+ : error, area)
  for (int i = 0; i < pixels; ++i) {
    error += k[i] * (a[i] - m[i]) * (a[i] - m[i]);
    area += k[i] * m[i];
  }
  state[0] = std::max(area, T(1));
  return error / state[0];
}

template <typename T>
void squared_error_gradient(
    int pixels, const T* a, const T* m, const T* k, const T* state, T scale, T* out) {
  const T factor = 2 * scale / state[0];
#pragma omp simd
  for (int i = 0; i < pixels; ++i) out[i] = factor * k[i] * (a[i] - m[i]);
}

constexpr int kMaxLevels = 5;
constexpr double kNormFloor = 1e-6;  // keeps the cosine of an empty image defined (as 0)

/// Levels of the pyramid: halved while the side is even and at least 4 pixels stay.
int level_count(int side) {
  int levels = 1;
  while (levels < kMaxLevels && side % 2 == 0 && side / 2 >= 4) ++levels, side /= 2;
  return levels;
}

template <typename T>
void halve(int side, const T* fine, T* coarse) {
  for (int y = 0; y < side / 2; ++y)
    for (int x = 0; x < side / 2; ++x) {
      const T* corner = fine + 2 * y * side + 2 * x;
      coarse[y * (side / 2) + x] = (corner[0] + corner[1] + corner[side] + corner[side + 1]) / 4;
    }
}

/// Pyramid of k * image, levels one behind the other, in memory that each thread keeps.
template <typename T>
const std::vector<T>& pyramid(
    int side, int levels, const T* image, const T* known, std::vector<T>& memory) {
  memory.resize(2 * side * side);
  for (int i = 0; i < side * side; ++i) memory[i] = known[i] * image[i];
  T* level = memory.data();
  for (int l = 1; l < levels; ++l, side /= 2) {
    halve(side, level, level + side * side);
    level += side * side;
  }
  return memory;
}

/// state[2 l], state[2 l + 1]: what multiplies M and A of level l in the gradient.
template <typename T>
T multi_scale_loss(int side, const T* a, const T* m, const T* k, T* state) {
  thread_local std::vector<T> rendered_memory, observed_memory;
  const int levels = level_count(side);
  const T* p = pyramid(side, levels, a, k, rendered_memory).data();
  const T* t = pyramid(side, levels, m, k, observed_memory).data();
  T loss = 0;
  for (int l = 0; l < levels; ++l, side /= 2) {
    const int pixels = side * side;
    T pp = T(kNormFloor), tt = T(kNormFloor), pt = 0;
#pragma omp simd reduction(+ : pp, tt, pt)
    for (int i = 0; i < pixels; ++i) {
      pp += p[i] * p[i];
      tt += t[i] * t[i];
      pt += p[i] * t[i];
    }
    const T cosine = pt / std::sqrt(pp * tt);
    loss += (1 - cosine) / levels;
    state[2 * l] = -1 / (std::sqrt(pp * tt) * levels);
    state[2 * l + 1] = cosine / (pp * levels);
    p += pixels;
    t += pixels;
  }
  return loss;
}

template <typename T>
void multi_scale_gradient(
    int side, const T* a, const T* m, const T* k, const T* state, T scale, T* out) {
  thread_local std::vector<T> rendered_memory, observed_memory, coarse;
  const int levels = level_count(side);
  const T* p = pyramid(side, levels, a, k, rendered_memory).data();
  const T* t = pyramid(side, levels, m, k, observed_memory).data();
  const int pixels = side * side;
  std::fill(out, out + pixels, T(0));
  for (int l = 0, level_side = side; l < levels; ++l, level_side /= 2) {
    // A pixel of the full image has the share 4^-l in its mean of level l.
    const T share = scale / static_cast<T>(1 << (2 * l));
    coarse.resize(level_side * level_side);
    for (int i = 0; i < level_side * level_side; ++i)
      coarse[i] = share * (state[2 * l] * t[i] + state[2 * l + 1] * p[i]);
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        out[y * side + x] += k[y * side + x] * coarse[(y >> l) * level_side + (x >> l)];
    p += level_side * level_side;
    t += level_side * level_side;
  }
}

}  // namespace

template <typename T>
T mask_loss(MaskKind kind, int side, const T* a, const T* m, const T* k, T* state) {
  switch (kind) {
    case MaskKind::iou:
      return iou_loss(side * side, a, m, k, state);
    case MaskKind::tanimoto:
      return tanimoto_loss(side * side, a, m, k, state);
    case MaskKind::squared_error:
      return squared_error_loss(side * side, a, m, k, state);
    case MaskKind::multi_scale:
      return multi_scale_loss(side, a, m, k, state);
  }
  return 0;
}

template <typename T>
void mask_gradient(
    MaskKind kind, int side, const T* a, const T* m, const T* k, const T* state, T scale, T* out) {
  switch (kind) {
    case MaskKind::iou:
      return iou_gradient(side * side, m, k, state, scale, out);
    case MaskKind::tanimoto:
      return tanimoto_gradient(side * side, a, m, k, state, scale, out);
    case MaskKind::squared_error:
      return squared_error_gradient(side * side, a, m, k, state, scale, out);
    case MaskKind::multi_scale:
      return multi_scale_gradient(side, a, m, k, state, scale, out);
  }
}

template float mask_loss(MaskKind, int, const float*, const float*, const float*, float*);
template double mask_loss(MaskKind, int, const double*, const double*, const double*, double*);
template void mask_gradient(
    MaskKind, int, const float*, const float*, const float*, const float*, float, float*);
template void mask_gradient(
    MaskKind, int, const double*, const double*, const double*, const double*, double, double*);

}  // namespace monodr
