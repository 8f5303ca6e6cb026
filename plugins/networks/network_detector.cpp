// SPDX-License-Identifier: Apache-2.0
#include "network_detector.h"

#include "base/error.h"
#include "network_parameters.h"

namespace monodr {

NetworkDetector::NetworkDetector(std::unique_ptr<Network> network,
                                 InputParameters input,
                                 HeadParameters head)
    : network_(std::move(network)), input_(input), head_(std::move(head)) {
  // What does not fit is found now and not at the first picture of a long run.
  constexpr int kSide = 64;
  const NetworkInput grey = prepare_input(ColourImage(kSide, kSide), input_);
  const std::vector<NetworkOutput> outputs = network_->run(grey);
  read_objects_found(outputs, network_->file(), grey, head_);
  switch (head_.kind) {
    case HeadKind::yolo_maps:
      gives_masks_ =
          outputs.size() > 1 && outputs.back().shape.back() > outputs.front().shape.back();
      break;
    case HeadKind::yolo_v5:
    case HeadKind::yolo_v8:
      gives_masks_ = outputs.size() > 1;
      break;
    case HeadKind::mask_rcnn:
      gives_masks_ = true;
      break;
    case HeadKind::boxes:
      break;
  }
}

std::vector<FoundObject> NetworkDetector::detect_one(const ColourImage& picture) const {
  const NetworkInput input = prepare_input(picture, input_);
  return read_objects_found(network_->run(input), network_->file(), input, head_);
}

std::vector<std::vector<FoundObject>> NetworkDetector::detect(
    std::span<const ColourImage> pictures) const {
  std::vector<std::vector<FoundObject>> found;
  found.reserve(pictures.size());
  for (const ColourImage& picture : pictures) found.push_back(detect_one(picture));
  return found;
}

ParameterSchema detector_schema() {
  InputParameters input;
  input.multiple = 32;
  input.pad_value = 114;
  return joined({model_schema(), input_schema(input), head_schema()});
}

}  // namespace monodr
