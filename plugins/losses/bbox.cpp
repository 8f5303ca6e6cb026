// SPDX-License-Identifier: Apache-2.0
//
// BBOX: is the projected mesh (`of` = "box": the 3-D box) as wide and as high as the detected 2-D box?  A flat bottom: what a
// detector cannot know to better than a margin t is free of charge.
//
//     L = sum over free sides s of max(0, |r_s - d_s| - t) / image size
//     r = (left, top, right, bottom) = extremes of  (fx x/z + cx, fy y/z + cy)  over the vertices
//     d = the detected box, crop pixels;  t = max(margin, margin_share * the box's extent)
//     gradient: of the one vertex that is the extreme of its side, sign(r_s - d_s) / size there
//
// A side counts only if it is free, that is no unknown pixel touches it: where an occluder or the
// image's border cuts the car the box says nothing of the car's own extent. Without this rule cars
// behind an occluder hide their length there. That is for a modal box, one of what is visible; an
// amodal one, which takes hidden parts in, is evidence on every side but those that the image cuts.
// Which of the two a box is, the data say (dataset.box_extent), through the observation's
// free_sides. Vertices within 0.1 m of the camera plane or behind
// it are left out; if all are, each free side costs (size - t) / size, without gradient.
//
// No unit: sides off by x crop pixels cost x / size each beyond t. Weight 2, t = 1.5 px of 64.
// Beker et al., ECCV 2020 (form; margin and side rule are ours).
#include <ATen/Dispatch.h>
#include <ATen/ops/ones_like.h>

#include "bbox_kernel.h"
#include "plugin/box_corners.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

class BboxLoss final : public Loss {
 public:
  explicit BboxLoss(const Parameters& parameters)
      : margin_(parameters.real("margin")),
        margin_share_(parameters.real("margin_share")),
        all_sides_(parameters.text("sides") == "all"),
        of_box_(parameters.text("of") == "box") {}

  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& hypothesis = input.hypothesis;
    const at::Tensor vertices =
        of_box_ ? box_corners({hypothesis.location, hypothesis.dimensions, hypothesis.rotation_y})
                : hypothesis.vertices;
    const at::Tensor& object = input.hypothesis.object;
    MONODR_CHECK(vertices.dim() == 3 && vertices.size(0) == input.hypothesis.count(),
                 "hypothesis.vertices must be [N,V,3]");
    return AT_DISPATCH_FLOATING_TYPES(vertices.scalar_type(), "bbox", [&] {
      using T = scalar_t;
      const ObservedRows<T> box(input.observation.box, object);
      const at::Tensor& free = input.observation.free_sides;
      const ObservedRows<T> free_sides(all_sides_ ? at::ones_like(free) : free, object);
      const ObservedRows<T> intrinsics(input.observation.intrinsics, object);
      const int side = static_cast<int>(input.observation.mask.size(-1));
      const int64_t count = vertices.size(1);
      const auto target = [=, margin = T(margin_), share = T(margin_share_)](int64_t n) {
        return BoxTarget<T>{box[n], free_sides[n], intrinsics[n], margin, share, side};
      };
      return evaluate_rows<T>(
          vertices,
          [=](int64_t n, const T* row, T* state) {
            return bbox_loss(target(n), count, row, state);
          },
          [=](int64_t n, const T* row, const T* state, T scale, T* out) {
            bbox_gradient(target(n), count, row, state, scale, out);
          },
          kBoxState);
    });
  }

 private:
  double margin_, margin_share_;
  bool all_sides_, of_box_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "bbox";
  info.version = "1.1.0";
  info.description = "Sides of the projected mesh against the detected box, with a flat bottom.";
  info.paper =
      "Beker et al., Monocular Differentiable Rendering for Self-Supervised 3D Object "
      "Detection, ECCV 2020";
  info.differentiable_in.inputs = {"vertices", "location", "dimensions", "rotation_y"};
  info.parameters = {
      {.name = "margin",
       .default_value = 1.5,
       .unit = "px",
       .meaning = "Distance of a side, in crop pixels, that costs nothing.",
       .minimum = 0,
       .maximum = 1024},
      {.name = "margin_share",
       .default_value = 0.0,
       .unit = "1",
       .meaning = "The same as a share of the box's width or height; the larger of the two counts.",
       .minimum = 0,
       .maximum = 1},
      {.name = "sides",
       .default_value = std::string("free"),
       .unit = "",
       .meaning = "Sides that count: those that no unknown pixel touches, or all of them.",
       .choices = {"free", "all"}},
      {.name = "of",
       .default_value = std::string("mesh"),
       .unit = "",
       .meaning = "What is projected: the mesh, or the eight corners of the 3-D box, which reach a "
                  "little beyond the outline of what is in it.",
       .choices = {"mesh", "box"}},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<BboxLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
