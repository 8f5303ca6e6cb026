// SPDX-License-Identifier: Apache-2.0
//
// Depth by a network in a ONNX file, run by OpenCV's DNN module. How a picture becomes its input stands in
// networks/picture_input.h, how its outputs are read in networks/depth_reading.h; tables of known networks in
// experiments/networks/.
#include "network_depth.h"
#include "onnx_network.h"

namespace monodr {
namespace {

std::unique_ptr<DepthEstimator> make(const Parameters& parameters) {
  return std::make_unique<NetworkDepth>(
      open_onnx_network(parameters.text("model"), parameters.texts("outputs")),
      input_parameters(parameters),
      depth_reading(parameters),
      parameters.boolean("mirror"));
}

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::depth_estimator;
  info.name = "onnx";
  info.version = "1.1.0";
  info.description = "Depth by a network in a ONNX file (OpenCV's DNN module).";
  info.is_default = true;
  info.parameters = depth_estimator_schema();
  return {info, DepthEstimatorFactory(make)};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
