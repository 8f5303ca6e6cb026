// SPDX-License-Identifier: Apache-2.0
//
// Boxes, classes, scores and masks by a network in a ONNX file, run by OpenCV's DNN module. How a picture becomes its input stands in
// networks/picture_input.h, how its outputs are read in networks/detector_head.h; tables of known networks in
// experiments/networks/.
#include "network_detector.h"
#include "onnx_network.h"

namespace monodr {
namespace {

std::unique_ptr<Detector> make(const Parameters& parameters) {
  return std::make_unique<NetworkDetector>(
      open_onnx_network(parameters.text("model"), parameters.texts("outputs")),
      input_parameters(parameters),
      head_parameters(parameters));
}

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::detector;
  info.name = "onnx";
  info.version = "1.0.0";
  info.description =
      "Boxes, classes, scores and masks by a network in a ONNX file (OpenCV's DNN module).";
  info.is_default = true;
  info.parameters = detector_schema();
  return {info, DetectorFactory(make)};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
