// SPDX-License-Identifier: Apache-2.0
//
// A loss that asks for channels beyond colour and brings one along, with one fault a build (MONODR_FAULT):
//     the mean over the crop of |nocs - 1/2|^2 + (distance of the surface from the camera / 10 m)^2.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include "plugin/descriptor.h"
#include "plugin/loss.h"

namespace monodr {
namespace {

const std::string kFault = MONODR_TEXT(MONODR_FAULT);

class ChannelLoss final : public Loss {
 public:
  Channels needs() const override {
    if (kFault == "channel_that_is_not") return {.attributes = {"nosc"}};
    return {.attributes = {"nocs", "range_of_" + kFault}};
  }
  at::Tensor evaluate(const LossInput& input) const override {
    const at::Tensor& nocs = input.rendering.attributes.at("nocs");
    const at::Tensor& range = input.rendering.attributes.at("range_of_" + kFault);
    at::Tensor squares = (nocs - 0.5).square().sum(1) + (range.select(1, 0) / 10).square();
    if (kFault == "half_a_gradient") squares = squares / 2 + squares.detach() / 2;
    if (kFault == "unasked_attribute")
      squares = squares + input.rendering.attributes.at("normals").select(1, 0);
    return squares.mean({1, 2});
  }
};

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::loss;
  info.name = kFault;
  info.version = "1.0.0";
  info.description = "Coordinates in the middle, and near.";
  info.differentiable_in.inputs = {"nocs"};
  PluginDescriptor descriptor{
      info, LossFactory([](const Parameters&) { return std::make_unique<ChannelLoss>(); })};
  descriptor.channels.push_back(
      {kFault == "channel_taken" ? "nocs" : "range_of_" + kFault,
       "distance from the camera, metres",
       1,
       false,
       [](const SurfacePoints& points) { return points.posed.square().sum(2, true).sqrt(); }});
  return descriptor;
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
