// SPDX-License-Identifier: Apache-2.0
#include "network_depth.h"

#include "base/error.h"
#include "network_parameters.h"

namespace monodr {

NetworkDepth::NetworkDepth(std::unique_ptr<Network> network,
                           InputParameters input,
                           DepthReading reading)
    : network_(std::move(network)), input_(input), reading_(reading) {
  // What does not fit is found now and not at the first picture of a long run. A grey picture has no road.
  constexpr int kSide = 64;
  const NetworkInput grey = prepare_input(ColourImage(kSide, kSide), input_);
  DepthReading any = reading_;
  if (any.meaning == DepthMeaning::inverse_depth) any.meaning = DepthMeaning::disparity;
  Camera camera;
  camera.intrinsics = {kSide, kSide, kSide / 2.0, kSide / 2.0};
  read_depth(network_->run(grey), network_->file(), grey, camera, any);
}

EstimatedDepth NetworkDepth::estimate_one(const CameraPicture& picture) const {
  const NetworkInput input = prepare_input(picture.image, input_);
  return read_depth(network_->run(input), network_->file(), input, picture.camera, reading_);
}

std::vector<EstimatedDepth> NetworkDepth::estimate(std::span<const CameraPicture> pictures) const {
  std::vector<EstimatedDepth> depths;
  depths.reserve(pictures.size());
  for (const CameraPicture& picture : pictures) depths.push_back(estimate_one(picture));
  return depths;
}

ParameterSchema depth_estimator_schema() {
  return joined({model_schema(), input_schema({}), depth_schema()});
}

}  // namespace monodr
