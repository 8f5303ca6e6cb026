// SPDX-License-Identifier: Apache-2.0
//
// Depth by a network in a TorchScript file, run by LibTorch. How a picture becomes its input stands in
// networks/picture_input.h, how its outputs are read in networks/depth_reading.h; tables of known networks in
// experiments/networks/.
#include "network_depth.h"
#include "network_parameters.h"
#include "torchscript_network.h"

namespace monodr {
namespace {

std::unique_ptr<DepthEstimator> make(const Parameters& parameters) {
  return std::make_unique<NetworkDepth>(
      open_torchscript_network(
          parameters.text("model"), parameters.texts("outputs"), torchscript_input(parameters)),
      input_parameters(parameters),
      depth_reading(parameters),
      parameters.boolean("mirror"));
}

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::depth_estimator;
  info.name = "torchscript";
  info.version = "1.1.0";
  info.description = "Depth by a network in a TorchScript file (LibTorch).";
  info.parameters = joined({depth_estimator_schema(), torchscript_schema()});
  return {info, DepthEstimatorFactory(make)};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
