// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "detector_head.h"
#include "picture_input.h"
#include "plugin/descriptor.h"
#include "plugin/detector.h"

namespace monodr {

/// A detector of any network: prepares the picture, runs it, reads its outputs.
class NetworkDetector final : public Detector {
 public:
  NetworkDetector(std::unique_ptr<Network> network, InputParameters input, HeadParameters head);

  std::vector<std::vector<FoundObject>> detect(
      std::span<const ColourImage> pictures) const override;
  bool gives_masks() const override { return gives_masks_; }

 private:
  std::vector<FoundObject> detect_one(const ColourImage& picture) const;

  std::unique_ptr<Network> network_;
  InputParameters input_;
  HeadParameters head_;
  bool gives_masks_ = false;
};

/// The schema of such a plugin: model, outputs, and those of input and head.
ParameterSchema detector_schema();

}  // namespace monodr
