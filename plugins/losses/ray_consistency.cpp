// SPDX-License-Identifier: Apache-2.0
//
// RAY CONSISTENCY: what does each ray of a picture expect to pay? (Tulsiani, Zhou, Efros, Malik, CVPR 2017; for poses and
// shapes from several views Tulsiani, Efros, Malik, CVPR 2018.) A ray ends in cell i of a volume, or escapes, with
// probabilities p_i, and each of these events costs psi_i, by what its pixel shows:
//
//     L_ray = sum_i p_i psi_i,    p_i = x_i prod_{j<i} (1 - x_j),    x = occupancy of the cells
//     mask:   psi = |s - 1| where the ray ends, |s - 0| where it escapes       s = observed mask
//     depth:  psi = |z_i - d|                                                  d = observed depth, z_escape = far
//
// The surface of a mesh is opaque, so that two events are left: the ray ends at the rendered depth z with the probability
// A of the silhouette, or escapes with 1 - A. Costs of depth are cut off at `cap`, which the escape costs:
//
//     mask:   A (1 - s) + (1 - A) s                    d/dA = 1 - 2 s
//     depth:  A min(|z - d| / cap, 1) + (1 - A)        d/dA = min(|z - d| / cap, 1) - 1,   d/dz = A sign(z - d) / cap
//
// L = (sum over known pixels of mask + `depth` * sum over known pixels in the mask with a depth of depth) / max(sum of s, 1).
// No unit, 0 = all rays end where they should. Several pictures of one object are the mean over its views, which is the
// fit's (fitting/track.h).
#include <ATen/Dispatch.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cmath>

#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

/// What one pixel shows, and what is rendered there.
template <typename T>
struct Ray {
  T hit, z, mask, depth;

  bool has_depth() const { return depth > 0 && mask >= T(0.5); }
  /// Cost of ending at the rendered depth; 1 where there is none.
  T end(T cap) const { return z > 0 ? std::min(std::abs(z - depth) / cap, T(1)) : T(1); }
};

template <typename T>
class Rays {
 public:
  Rays(int pixels, const T* row, const T* mask, const T* known, const T* depth)
      : pixels_(pixels), row_(row), mask_(mask), known_(known), depth_(depth) {}

  int count() const { return pixels_; }
  bool is_known(int i) const { return known_[i] > 0; }
  Ray<T> at(int i) const { return {row_[i], row_[pixels_ + i], mask_[i], depth_[i]}; }
  T area() const {
    T sum = 0;
    for (int i = 0; i < pixels_; ++i) sum += known_[i] * mask_[i];
    return std::max(sum, T(1));
  }

 private:
  int pixels_;
  const T *row_, *mask_, *known_, *depth_;
};

template <typename T>
T cost(const Rays<T>& rays, T depth_weight, T cap) {
  T sum = 0;
  for (int i = 0; i < rays.count(); ++i) {
    if (!rays.is_known(i)) continue;
    const Ray<T> ray = rays.at(i);
    sum += ray.hit * (1 - ray.mask) + (1 - ray.hit) * ray.mask;
    if (ray.has_depth()) sum += depth_weight * (ray.hit * ray.end(cap) + (1 - ray.hit));
  }
  return sum / rays.area();
}

/// Writes d cost / d hit and, behind it, d cost / d z.
template <typename T>
void slopes(const Rays<T>& rays, T depth_weight, T cap, T scale, T* out) {
  const T each = scale / rays.area();
  for (int i = 0; i < rays.count(); ++i) {
    T &of_hit = out[i], &of_depth = out[rays.count() + i];
    of_hit = of_depth = 0;
    if (!rays.is_known(i)) continue;
    const Ray<T> ray = rays.at(i);
    of_hit = each * (1 - 2 * ray.mask);
    if (!ray.has_depth()) continue;
    const T end = ray.end(cap);
    of_hit += each * depth_weight * (end - 1);
    if (end < 1 && ray.z != ray.depth)
      of_depth = each * depth_weight * ray.hit * (ray.z > ray.depth ? 1 : -1) / cap;
  }
}

class RayConsistencyLoss final : public Loss {
 public:
  explicit RayConsistencyLoss(const Parameters& parameters)
      : depth_(parameters.real("depth")), cap_(parameters.real("cap")) {}

  Channels needs() const override { return {.silhouette = true, .depth = true}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& silhouette = input.rendering.silhouette;
    const int64_t hypotheses = input.hypothesis.count();
    check_image(silhouette, input.observation.mask, hypotheses, "silhouette");
    check_image(input.rendering.depth, input.observation.depth, hypotheses, "depth");
    const at::Tensor both = at::stack({silhouette, input.rendering.depth}, 1);
    return AT_DISPATCH_FLOATING_TYPES(both.scalar_type(), "ray_consistency", [&] {
      using T = scalar_t;
      const at::Tensor& object = input.hypothesis.object;
      const ObservedRows<T> mask(input.observation.mask, object);
      const ObservedRows<T> known(input.observation.known, object);
      const ObservedRows<T> depth(input.observation.depth, object);
      const int pixels = static_cast<int>(silhouette.size(-1) * silhouette.size(-2));
      const T weight = static_cast<T>(depth_), cap = static_cast<T>(cap_);
      const auto rays = [=](int64_t n, const T* row) {
        return Rays<T>(pixels, row, mask[n], known[n], depth[n]);
      };
      return evaluate_rows<T>(
          both,
          [=](int64_t n, const T* row, T*) { return cost(rays(n, row), weight, cap); },
          [=](int64_t n, const T* row, const T*, T scale, T* out) {
            slopes(rays(n, row), weight, cap, scale, out);
          },
          0);
    });
  }

 private:
  double depth_, cap_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "ray_consistency";
  info.version = "1.0.0";
  info.description =
      "What the rays of the pixels expect to pay for ending at the rendered surface or escaping, "
      "by mask and depth.";
  info.paper =
      "Tulsiani et al., Multi-view Supervision for Single-view Reconstruction via Differentiable "
      "Ray Consistency, CVPR 2017; Tulsiani, Efros, Malik, Multi-view Consistency as Supervisory "
      "Signal for Learning Shape and Pose Prediction, CVPR 2018";
  info.differentiable_in.inputs = {"silhouette", "depth"};
  info.parameters = {
      {.name = "depth",
       .default_value = 1.0,
       .unit = "1",
       .meaning = "Weight of the costs of depth beside those of the mask; 0 = masks alone.",
       .minimum = 0,
       .maximum = 100},
      {.name = "cap",
       .default_value = 2.0,
       .unit = "m",
       .meaning = "Error of depth that costs as much as a ray that escapes.",
       .minimum = 1e-3,
       .maximum = 1000},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<RayConsistencyLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
