// SPDX-License-Identifier: Apache-2.0
//
// CHAMFER: how far do the measured 3-D points lie from the surface of the mesh? The loss for LiDAR,
// as in SDFLabel.
//
//     L = 1/n sum over points p of rho(|q(p) - p| / scale),    rho(r) = r^2 / (1 + r^2)
//     q(p) = the point of the mesh's triangles nearest to p = sum_i w_i v_i, i over one triangle
//     d L / d v_i = w_i 2 (q - p) / (n scale^2 (1 + r^2)^2)
//
// The weights w stand still: q is the nearest point, so that moving it along the surface changes
// nothing at first.
//
// Points: pixels of the observation with a depth, inside the mask, known, taken back into space at
// the pixel's centre, at most `points` of them. Distances are to triangles, not to vertices: those
// of a car lie 0.2 m apart. One direction only, from the points to the mesh: what the LiDAR did not
// hit has no points, and the other direction would pull the far side of the car to its near side.
// So nothing here says where the car ends; mask and box do.
//
// Unlike `depth` it compares in space and not along the ray, and it sees meshes that the point's
// ray misses. No unit, 0 = all points on the surface, 1 = all saturated; 0 without points. Weight
// 0.5, scale 0.3 m with LiDAR. With the depth of a network, whose error is common to the whole
// object, take `depth`.
//
// Zakharov et al., Autolabeling 3D Objects with Differentiable Rendering of SDF Shape Priors, CVPR
// 2020 (its 3-D loss); Geman and McClure, 1987 (rho).
#include <ATen/Dispatch.h>

#include <algorithm>

#include "chamfer_kernel.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

class ChamferLoss final : public Loss {
 public:
  explicit ChamferLoss(const Parameters& parameters)
      : scale_(parameters.real("scale")),
        maximum_(static_cast<int>(parameters.integer("points"))) {}

  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& vertices = input.hypothesis.vertices;
    const at::Tensor& object = input.hypothesis.object;
    MONODR_CHECK(vertices.dim() == 3 && vertices.size(0) == input.hypothesis.count(),
                 "hypothesis.vertices must be [N,V,3]");
    const at::Tensor faces = input.hypothesis.faces.contiguous();
    MONODR_CHECK(faces.dim() >= 2 && faces.size(-1) == 3 &&
                     (faces.dim() == 2 || faces.size(0) == input.hypothesis.count()),
                 "hypothesis.faces must be [F,3] or [N,F,3]");
    return AT_DISPATCH_FLOATING_TYPES(vertices.scalar_type(), "chamfer", [&] {
      using T = scalar_t;
      const ObservedRows<T> depth(input.observation.depth, object);
      const ObservedRows<T> mask(input.observation.mask, object);
      const ObservedRows<T> known(input.observation.known, object);
      const ObservedRows<T> intrinsics(input.observation.intrinsics, object);
      const int side = static_cast<int>(input.observation.mask.size(-1));
      const int64_t length = 3 * vertices.size(1);
      const auto source = [=, maximum = maximum_](int64_t n) {
        return PointSource<T>{depth[n], mask[n], known[n], intrinsics[n], side, maximum};
      };
      const auto mesh = [faces](int64_t n, const T* row) {
        int64_t count = faces.size(-2);
        const int64_t* first = faces.data_ptr<int64_t>() + (faces.dim() == 3 ? 3 * n * count : 0);
        while (count > 0 && first[3 * count - 1] < 0) --count;  // padded
        return Triangles<T>{row, first, count};
      };
      const T scale = static_cast<T>(scale_);
      return evaluate_rows<T>(
          vertices,
          [=](int64_t n, const T* row, T* state) {
            return chamfer_loss(source(n), mesh(n, row), scale, state);
          },
          [=](int64_t n, const T* row, const T* state, T factor, T* out) {
            std::fill(out, out + length, T(0));
            chamfer_gradient(source(n), mesh(n, row), scale, state, factor, out);
          },
          chamfer_state(maximum_));
    });
  }

 private:
  double scale_;
  int maximum_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "chamfer";
  info.version = "1.0.0";
  info.description = "Distance of the measured 3-D points from the surface; for LiDAR.";
  info.paper =
      "Zakharov et al., Autolabeling 3D Objects with Differentiable Rendering of SDF Shape "
      "Priors, CVPR 2020";
  info.differentiable_in.inputs = {"vertices"};
  info.parameters = {
      {.name = "scale",
       .default_value = 0.3,
       .unit = "m",
       .meaning = "Distance that costs half of the most that a point can cost.",
       .minimum = 1e-3,
       .maximum = 100},
      {.name = "points",
       .default_value = std::int64_t{64},
       .unit = "1",
       .meaning = "Points an object; more are thinned out evenly.",
       .minimum = 1,
       .maximum = 65536},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<ChamferLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
