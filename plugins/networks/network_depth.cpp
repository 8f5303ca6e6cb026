// SPDX-License-Identifier: Apache-2.0
#include "network_depth.h"

#include <cmath>
#include <opencv2/core.hpp>

#include "base/error.h"
#include "network_parameters.h"

namespace monodr {
namespace {

CameraPicture mirrored(const CameraPicture& picture) {
  CameraPicture other = picture;
  const cv::Size size(picture.image.width, picture.image.height);
  cv::Mat pixels(size, CV_8UC3, other.image.rgb.data());
  cv::flip(pixels.clone(), pixels, 1);
  other.camera.intrinsics.cx = picture.image.width - picture.camera.intrinsics.cx;
  return other;
}

/// What only one of two maps knows is what it says.
void average(Plane<float>& metres, const Plane<float>& of_mirror_image) {
  for (int y = 0; y < metres.height; ++y)
    for (int x = 0; x < metres.width; ++x) {
      float& z = metres.at(x, y);
      const float other = of_mirror_image.at(metres.width - 1 - x, y);
      if (other > 0) z = z > 0 ? std::sqrt(z * other) : other;
    }
}

}  // namespace

NetworkDepth::NetworkDepth(std::unique_ptr<Network> network,
                           InputParameters input,
                           DepthReading reading,
                           bool mirror)
    : network_(std::move(network)), input_(input), reading_(reading), mirror_(mirror) {
  // What does not fit is found now and not at the first picture of a long run. A grey picture has no road.
  constexpr int kSide = 64;
  const NetworkInput grey = prepare_input(ColourImage(kSide, kSide), input_);
  DepthReading any = reading_;
  if (any.meaning == DepthMeaning::inverse_depth) any.meaning = DepthMeaning::disparity;
  Camera camera;
  camera.intrinsics = {kSide, kSide, kSide / 2.0, kSide / 2.0};
  read_depth(network_->run(grey), network_->file(), grey, camera, any);
}

EstimatedDepth NetworkDepth::ask(const CameraPicture& picture) const {
  const NetworkInput input = prepare_input(picture.image, input_);
  return read_depth(network_->run(input), network_->file(), input, picture.camera, reading_);
}

EstimatedDepth NetworkDepth::estimate_one(const CameraPicture& picture) const {
  EstimatedDepth depth = ask(picture);
  if (mirror_) average(depth.metres, ask(mirrored(picture)).metres);
  return depth;
}

std::vector<EstimatedDepth> NetworkDepth::estimate(std::span<const CameraPicture> pictures) const {
  std::vector<EstimatedDepth> depths;
  depths.reserve(pictures.size());
  for (const CameraPicture& picture : pictures) depths.push_back(estimate_one(picture));
  return depths;
}

ParameterSchema depth_estimator_schema() {
  const ParameterSchema asking{
      {.name = "mirror",
       .default_value = false,
       .unit = "",
       .meaning = "The depth is the mean (of the logarithm) over the picture and its mirror image, "
                  "whose errors are partly others; twice the time."}};
  return joined({model_schema(), input_schema({}), depth_schema(), asking});
}

}  // namespace monodr
