// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <limits>
#include <vector>

#include "base/error.h"
#include "plugin/renderer.h"

namespace monodr {

/// A renderer of surfels in tensor operations, for tests: it looks at every disc at every pixel. Disc i meets the ray
/// r = (x, y, 1) of a pixel at depth z_i = n_i p_i / n_i r, at the distance d_i from its middle; it shows where
/// d_i <= r_i, it is turned to the camera, and lies before it.
///
///     silhouette   1 - prod_i (1 - s((1 - d_i^2 / r_i^2) / 0.1)),  s the logistic function
///     depth        sum_i w_i z_i / sum_i w_i over those that show,  w_i = (1 - d_i^2 / r_i^2)^2 exp((z - z_i) / 0.05 m),
///                  z = the smallest of them;  colour: likewise
class DiscRenderer : public Renderer {
 public:
  GeometryKinds draws() const override { return {false, true}; }
  int64_t surfels_of_a_mesh() const override { return 300; }

  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    refuse_bad(input.surfels);
    const Discs discs = meet(input, request);
    const std::vector<int64_t> flat = {input.intrinsics.size(0), request.height, request.width};
    Rendering out;
    if (request.channels.silhouette) {
      const at::Tensor bent = at::softplus((1 - discs.squared_share) / kSoftness) * discs.turned;
      out.silhouette = (1 - (-bent.sum(1)).exp()).reshape(flat);
    }
    if (!request.channels.depth && !request.channels.colour) return out;
    const at::Tensor shows = discs.turned.gt(0).logical_and(discs.squared_share.le(1));
    const at::Tensor nearest =
        discs.depth.detach()
            .masked_fill(shows.logical_not(), std::numeric_limits<float>::max())
            .amin(1, true);  // [N,1,HW]
    const at::Tensor behind = (discs.depth - nearest).clamp(0, 10) / kDepthScale;
    at::Tensor weight = (1 - discs.squared_share).clamp_min(0).square() * (-behind).exp() * shows;
    weight = weight / (weight.sum(1, true) + 1e-12);
    if (request.channels.depth) out.depth = (weight * discs.depth).sum(1).reshape(flat);
    if (request.channels.colour)
      out.colour = at::bmm(input.surfels.colours.transpose(1, 2), weight)
                       .reshape({flat[0], 3, flat[1], flat[2]});
    return out;
  }

 private:
  static constexpr double kNear = 0.1, kSoftness = 0.1, kDepthScale = 0.05;

  struct Discs {
    at::Tensor depth;          ///< [N,P,HW] z_i
    at::Tensor squared_share;  ///< d_i^2 / r_i^2
    at::Tensor turned;         ///< 1 where a disc faces the camera and lies before it, else 0
  };

  static void refuse_bad(const Surfels& surfels) {
    const at::Tensor good = at::isfinite(surfels.positions).all(2).all(1);
    for (int64_t n = 0; n < good.size(0); ++n)
      if (!good[n].item<bool>())
        throw UserError(fmt::format("item {} of the batch has a surfel that is not finite", n));
  }

  static Discs meet(const RenderInput& input, const RenderRequest& request) {
    const auto options = input.surfels.positions.options();
    const auto along = [&](int axis, int64_t size) {  // [N,size]
      const at::Tensor row = input.intrinsics.select(1, axis);
      return (at::arange(size, options) + 0.5 - row.select(1, 2).unsqueeze(1)) /
             row.select(1, axis).unsqueeze(1);
    };
    const int64_t n = input.intrinsics.size(0), h = request.height, w = request.width;
    const at::Tensor x = along(0, w).unsqueeze(1).expand({n, h, w}).reshape({n, 1, h * w});
    const at::Tensor y = along(1, h).unsqueeze(2).expand({n, h, w}).reshape({n, 1, h * w});
    const auto part = [](const at::Tensor& vectors, int axis) {
      return vectors.select(2, axis).unsqueeze(2);  // [N,P,1]
    };
    const at::Tensor& p = input.surfels.positions;
    const at::Tensor& m = input.surfels.normals;
    const at::Tensor towards = part(m, 0) * x + part(m, 1) * y + part(m, 2);
    const at::Tensor before = part(p, 2).gt(kNear);
    const at::Tensor turned = towards.lt(-0.02).logical_and(before);
    const at::Tensor z = (m * p).sum(2, true) / towards.clamp_max(-0.02);
    const at::Tensor squared =
        (z * x - part(p, 0)).square() + (z * y - part(p, 1)).square() + (z - part(p, 2)).square();
    const at::Tensor radius = input.surfels.radii.unsqueeze(2);
    return {
        z, squared / (radius.square() + 1e-9), turned.logical_and(z > kNear).to(options.dtype())};
  }
};

}  // namespace monodr
