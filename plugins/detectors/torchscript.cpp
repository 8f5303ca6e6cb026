// SPDX-License-Identifier: Apache-2.0
//
// Boxes, classes, scores and masks by a network in a TorchScript file, run by LibTorch. How a picture becomes its input stands in
// networks/picture_input.h, how its outputs are read in networks/detector_head.h; tables of known networks in
// experiments/networks/.
#include "network_detector.h"
#include "network_parameters.h"
#include "torchscript_network.h"

namespace monodr {
namespace {

std::unique_ptr<Detector> make(const Parameters& parameters) {
  return std::make_unique<NetworkDetector>(
      open_torchscript_network(
          parameters.text("model"), parameters.texts("outputs"), torchscript_input(parameters)),
      input_parameters(parameters),
      head_parameters(parameters));
}

PluginDescriptor descriptor() {
  PluginInfo info;
  info.kind = PluginKind::detector;
  info.name = "torchscript";
  info.version = "1.0.0";
  info.description =
      "Boxes, classes, scores and masks by a network in a TorchScript file (LibTorch).";
  info.parameters = joined({detector_schema(), torchscript_schema()});
  return {info, DetectorFactory(make)};
}

}  // namespace
}  // namespace monodr

MONODR_PLUGIN(monodr::descriptor())
