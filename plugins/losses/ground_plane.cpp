// SPDX-License-Identifier: Apache-2.0
//
// GROUND PLANE: does the car stand on the road?  The road is taken for a plane `camera_height`
// below the camera that rises or falls by `slope` a metre of distance.
//
//     L = r^2,   r = (y - camera_height - slope z) / s(z)
//                s(z)^2 = deviation^2 + (slope_deviation z)^2
//     d L / d y = 2 r / s        d L / d z = -2 r slope / s - 2 r^2 slope_deviation^2 z / s^2
//
// (x, y, z) = centre of the bottom face, camera frame, y down, metres. No unit; 1 = off by one
// deviation. Weight 0.05.
//
// Off unless an experiment names it, and no part of the published method: on a flat world it is
// worth a lot (the bottom edge then gives the distance, whatever the size), on a real road pitch
// and slope make it wrong by metres at range; slope_deviation says how much to trust it there.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"
#include "plugin/loss.h"

namespace monodr {
namespace {

class GroundPlaneLoss final : public Loss {
 public:
  explicit GroundPlaneLoss(const Parameters& parameters)
      : camera_height_(parameters.real("camera_height")),
        slope_(parameters.real("slope")),
        deviation_(parameters.real("deviation")),
        slope_deviation_(parameters.real("slope_deviation")) {}

  Channels needs() const override { return {}; }

  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& location = input.hypothesis.location;
    const at::Tensor y = location.select(1, 1), z = location.select(1, 2);
    const at::Tensor variance =
        deviation_ * deviation_ + (slope_deviation_ * slope_deviation_) * z.square();
    return (y - camera_height_ - slope_ * z).square() / variance;
  }

 private:
  double camera_height_, slope_, deviation_, slope_deviation_;
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = "ground_plane";
  info.version = "1.0.0";
  info.description = "Height of the car's bottom over a flat road; off unless named.";
  info.differentiable_in.inputs = {"location"};
  info.parameters = {
      {.name = "camera_height",
       .default_value = 1.65,
       .unit = "m",
       .meaning = "Height of the camera above the road.",
       .minimum = 0,
       .maximum = 100},
      {.name = "slope",
       .default_value = 0.0,
       .unit = "m/m",
       .meaning = "How much the road falls below the camera's optical axis a metre.",
       .minimum = -1,
       .maximum = 1},
      {.name = "deviation",
       .default_value = 0.07,
       .unit = "m",
       .meaning = "Standard deviation of the camera's height above the road.",
       .minimum = 1e-3,
       .maximum = 100},
      {.name = "slope_deviation",
       .default_value = 0.0,
       .unit = "m/m",
       .meaning = "Standard deviation of the slope; on real roads about 0.01.",
       .minimum = 0,
       .maximum = 1},
  };
  return {info, LossFactory([](const Parameters& parameters) {
            return std::make_unique<GroundPlaneLoss>(parameters);
          })};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
