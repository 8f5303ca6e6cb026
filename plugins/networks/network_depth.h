// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "depth_reading.h"
#include "picture_input.h"
#include "plugin/depth_estimator.h"
#include "plugin/descriptor.h"

namespace monodr {

/// A depth estimator of any network: prepares the picture, runs it, reads its map. With `mirror` the depth is
/// sqrt(z z'), z' = what the network says of the mirror image, mirrored back (as Godard et al., CVPR 2017, average
/// disparities): a picture's mirror image then has the mirrored depth, to the bit.
class NetworkDepth final : public DepthEstimator {
 public:
  NetworkDepth(std::unique_ptr<Network> network,
               InputParameters input,
               DepthReading reading,
               bool mirror);

  std::vector<EstimatedDepth> estimate(std::span<const CameraPicture> pictures) const override;

 private:
  EstimatedDepth ask(const CameraPicture& picture) const;
  EstimatedDepth estimate_one(const CameraPicture& picture) const;

  std::unique_ptr<Network> network_;
  InputParameters input_;
  DepthReading reading_;
  bool mirror_;
};

/// The schema of such a plugin: model, outputs, and those of input and reading.
ParameterSchema depth_estimator_schema();

}  // namespace monodr
