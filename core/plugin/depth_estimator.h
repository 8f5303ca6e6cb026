// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "geometry/camera.h"
#include "geometry/picture.h"

namespace monodr {

/// HOW TO ADD A DEPTH ESTIMATOR: as a loss (plugin/loss.h), under plugins/depth_estimators/, checked by
/// check_depth_estimator_contract(registry, "NAME", {{"model", ...}}).

/// A picture and the camera that took it, with the picture's size.
struct CameraPicture {
  ColourImage image;
  Camera camera;
};

/// Depth of every pixel of the picture's size: metres along the optical axis, 0 = none.
struct EstimatedDepth {
  Plane<float> metres;
  /// Stated relative deviation of a depth (0.1 = 10 %), > 0: an estimate is not a measurement.
  double relative_deviation = 0.1;
};

/// Picture and camera -> depth.
///
/// May be asked by several threads at once. The same picture gives the same bits, alone or among others, on any
/// number of threads; no picture is too small.
class DepthEstimator {
 public:
  virtual ~DepthEstimator() = default;

  /// One map a picture. UserError where the network cannot be run or does not give what the settings say; its
  /// message names the file.
  virtual std::vector<EstimatedDepth> estimate(std::span<const CameraPicture> pictures) const = 0;
};

}  // namespace monodr
