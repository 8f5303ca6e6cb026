// SPDX-License-Identifier: Apache-2.0
#include "bbox_kernel.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace monodr {
namespace {

constexpr double kNearestProjected =
    0.1;  // metres; what is nearer, or behind the camera, has no image

}  // namespace

template <typename T>
T bbox_loss(const BoxTarget<T>& target, std::int64_t count, const T* vertices, T* state) {
  const T fx = target.intrinsics[0], cx = target.intrinsics[2];
  const T fy = target.intrinsics[4], cy = target.intrinsics[5];
  const T infinity = std::numeric_limits<T>::infinity();
  T rendered[4] = {infinity, infinity, -infinity, -infinity};
  std::int64_t extreme[4] = {-1, -1, -1, -1};
  const auto lower = [&](int s, T value, std::int64_t v) {
    if (value < rendered[s]) rendered[s] = value, extreme[s] = v;
  };
  const auto raise = [&](int s, T value, std::int64_t v) {
    if (value > rendered[s]) rendered[s] = value, extreme[s] = v;
  };
  for (std::int64_t v = 0; v < count; ++v) {
    const T* p = vertices + 3 * v;
    if (!(p[2] > T(kNearestProjected))) continue;
    const T inverse = 1 / p[2], x = fx * p[0] * inverse + cx, y = fy * p[1] * inverse + cy;
    lower(0, x, v);
    lower(1, y, v);
    raise(2, x, v);
    raise(3, y, v);
  }

  T loss = 0;
  for (int s = 0; s < 4; ++s) {
    const T extent = s % 2 == 0 ? target.box[2] - target.box[0] : target.box[3] - target.box[1];
    const T margin = std::max(target.margin, target.margin_share * extent);
    // A mesh wholly behind the camera is as wrong as a box can be inside the crop.
    const T difference = extreme[s] < 0 ? static_cast<T>(target.side) : rendered[s] - target.box[s];
    const T excess = std::max(T(0), std::abs(difference) - margin) * target.free_sides[s];
    const T slope = excess > 0 ? std::copysign(target.free_sides[s], difference) : T(0);
    loss += excess / target.side;
    state[2 * s] = static_cast<T>(extreme[s]);
    state[2 * s + 1] = slope / target.side;
  }
  return loss;
}

template <typename T>
void bbox_gradient(const BoxTarget<T>& target,
                   std::int64_t count,
                   const T* vertices,
                   const T* state,
                   T scale,
                   T* out) {
  std::fill(out, out + 3 * count, T(0));
  for (int s = 0; s < 4; ++s) {
    const auto v = static_cast<std::int64_t>(state[2 * s]);
    if (v < 0) continue;
    const int axis = s % 2;
    const T focal = target.intrinsics[4 * axis];
    const T* p = vertices + 3 * v;
    const T slope = scale * state[2 * s + 1] * focal / p[2];
    out[3 * v + axis] += slope;
    out[3 * v + 2] -= slope * p[axis] / p[2];
  }
}

template float bbox_loss(const BoxTarget<float>&, std::int64_t, const float*, float*);
template double bbox_loss(const BoxTarget<double>&, std::int64_t, const double*, double*);
template void bbox_gradient(
    const BoxTarget<float>&, std::int64_t, const float*, const float*, float, float*);
template void bbox_gradient(
    const BoxTarget<double>&, std::int64_t, const double*, const double*, double, double*);

}  // namespace monodr
