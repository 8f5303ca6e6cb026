// SPDX-License-Identifier: Apache-2.0
//
// CORNERS: how far are the box's eight corners from those that depth, 2-D box and the class's size give?
//
//     L = min over t in {T, T turned by half a circle} of  1/8 sum_i |B_i - t_i|          metres
//     B_i = R_y (+-l/2, +-h/2, +-w/2) + centre,        d L / d B_i = (B_i - t_i) / (8 |B_i - t_i|)
//
// RoI-10D's loss, whose T are labels. Here nothing is labelled, and T is lifted from the observation: the box of the
// class's mean size that
//  - in the picture stands in the 2-D box (its free sides, in the mean),
//  - along the line of sight stands where two fifths of the points lie before its near sides; the rest are windows and roof,
//  - has the heading, of 24 over half a circle and then finer, at which
//        mean over points of min(1, |point - near side| / 0.5 m)  +  |projected - detected width| / detected width
//    is least. Points are pixels with a depth, known, one pixel or more inside of the mask, at most `points`, seen from above.
// Front and rear are the same box: the nearer one counts, and something else must say which way the car looks. A depth whose error the
// object shares moves T as a whole.
//
// In the first `warm_up` of a fit or a training L is the sum of four, each with one thing of the hypothesis (place in the
// picture, depth, size, angle) and all else of T. 0 without points. A weight of 1 counts a metre like a mask that misses.
//
// Manhardt, Kehl and Gaidon, ROI-10D: Monocular Lifting of 2D Detection to 6D Pose and Metric Shape, CVPR 2019.
#include <ATen/Dispatch.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "corners_kernel.h"
#include "plugin/box_corners.h"
#include "plugin/descriptor.h"
#include "plugin/loss.h"
#include "row_loss.h"

namespace monodr {
namespace {

/// The lifted boxes of B objects, and which of them are known.
struct Lifted {
  UprightBoxes boxes;
  at::Tensor is_found;  ///< [B] 0 or 1
};

template <typename T>
Lifted lift(const ObservationBatch& batch, int maximum) {
  const int64_t count = batch.count();
  const at::Tensor every = at::arange(count, at::kLong);
  const ObservedRows<T> depth(batch.depth, every), mask(batch.mask, every);
  const ObservedRows<T> known(batch.known, every), intrinsics(batch.intrinsics, every);
  const ObservedRows<T> box(batch.box, every), free_sides(batch.free_sides, every);
  const ObservedRows<T> size(batch.size_mean, every);
  const auto options = at::TensorOptions().dtype(c10::CppTypeToScalarType<T>::value);
  const at::Tensor rows = at::empty({count, 5}, options);  // location, rotation_y, is found
  T* out = rows.data_ptr<T>();
  const int side = static_cast<int>(batch.mask.size(-1));
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      const LiftedBox lifted = lift_box<T>({depth[b],
                                            mask[b],
                                            known[b],
                                            intrinsics[b],
                                            box[b],
                                            free_sides[b],
                                            size[b],
                                            side,
                                            maximum});
      for (std::size_t i = 0; i < 3; ++i)
        out[5 * b + static_cast<int64_t>(i)] =
            lifted.is_found ? static_cast<T>(lifted.location[i]) : T(1);
      out[5 * b + 3] = static_cast<T>(lifted.rotation_y);
      out[5 * b + 4] = lifted.is_found ? T(1) : T(0);
    }
  });
  return {{rows.slice(1, 0, 3), batch.size_mean.to(options), rows.select(1, 3)}, rows.select(1, 4)};
}

UprightBoxes of_objects(const UprightBoxes& boxes, const at::Tensor& object) {
  return {boxes.location.index_select(0, object),
          boxes.dimensions.index_select(0, object),
          boxes.rotation_y.index_select(0, object)};
}

class CornersLoss final : public Loss {
 public:
  explicit CornersLoss(const Parameters& parameters)
      : warm_up_(parameters.real("warm_up")),
        maximum_(static_cast<int>(parameters.integer("points"))) {}

  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& hypothesis = input.hypothesis;
    const Lifted lifted =
        AT_DISPATCH_FLOATING_TYPES(hypothesis.location.scalar_type(), "corners", [&] {
          return lift<scalar_t>(input.observation, maximum_);
        });
    const UprightBoxes boxes{hypothesis.location, hypothesis.dimensions, hypothesis.rotation_y};
    const UprightBoxes target = of_objects(lifted.boxes, hypothesis.object);
    const UprightBoxes turned{target.location, target.dimensions, target.rotation_y + M_PI};
    const auto distance = input.progress < warm_up_ ? lifted_corner_distance : corner_distance;
    return at::minimum(distance(boxes, target), distance(boxes, turned)) *
           lifted.is_found.index_select(0, hypothesis.object);
  }

 private:
  double warm_up_;
  int maximum_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "corners";
  info.version = "1.0.0";
  info.description = "Distance of the box's corners from those lifted from depth and 2-D box.";
  info.paper =
      "Manhardt et al., ROI-10D: Monocular Lifting of 2D Detection to 6D Pose and Metric Shape, "
      "CVPR 2019";
  info.differentiable_in.inputs = {"location", "dimensions", "rotation_y"};
  info.parameters = {
      {.name = "warm_up",
       .default_value = 0.0,
       .unit = "1",
       .meaning = "First share of the progress in which place, depth, size and angle are compared "
                  "each by itself.",
       .minimum = 0,
       .maximum = 1},
      {.name = "points",
       .default_value = std::int64_t{64},
       .unit = "1",
       .meaning = "Points an object; more are thinned out evenly.",
       .minimum = 8,
       .maximum = 65536},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<CornersLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
