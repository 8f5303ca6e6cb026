// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "depth_reading.h"
#include "picture_input.h"
#include "plugin/depth_estimator.h"
#include "plugin/descriptor.h"

namespace monodr {

/// A depth estimator of any network: prepares the picture, runs it, reads its map.
class NetworkDepth final : public DepthEstimator {
 public:
  NetworkDepth(std::unique_ptr<Network> network, InputParameters input, DepthReading reading);

  std::vector<EstimatedDepth> estimate(std::span<const CameraPicture> pictures) const override;

 private:
  EstimatedDepth estimate_one(const CameraPicture& picture) const;

  std::unique_ptr<Network> network_;
  InputParameters input_;
  DepthReading reading_;
};

/// The schema of such a plugin: model, outputs, and those of input and reading.
ParameterSchema depth_estimator_schema();

}  // namespace monodr
