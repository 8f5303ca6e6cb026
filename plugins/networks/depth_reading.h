// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "geometry/camera.h"
#include "network.h"
#include "plugin/depth_estimator.h"

namespace monodr {

/// What a depth network's number v means; z = metres along the optical axis.
enum class DepthMeaning {
  metres,        ///< z = factor v + shift
  disparity,     ///< 1 / z = factor v + shift
  inverse_depth  ///< 1 / z = a v + b with a and b unknown: taken from the road (see read_depth)
};

struct DepthReading {
  DepthMeaning meaning = DepthMeaning::metres;
  double factor = 1, shift = 0;
  /// px of the input, for networks that are trained for one camera (Metric3D: 1000): z is multiplied by
  /// f_input / canonical_focal. 0 = the network knows the camera or none.
  double canonical_focal = 0;
  double camera_height = 1.65;  ///< m above the road
  double deviation = 0.1;       ///< stated relative deviation of a depth
  double maximum = 0;           ///< m; farther depths are none; 0 = no limit
};

ParameterSchema depth_schema();
DepthReading depth_reading(const Parameters& parameters);

/// The first output as depth of each pixel of the picture (bilinear between the map's cells); a second output of one
/// number is a factor of all depths (MoGe-2's metric scale), a second map is the share by which a pixel is valid
/// (none below one half). Of [h, w, 3] points the third is taken. What is not above 0 is none.
///
/// inverse_depth: on a flat road the row v shows it at 1 / z = (v - c_y) / (f_y camera_height), and whatever else is
/// in that row is nearer. So of each row below the horizon the lower quartile is taken for the road's value, and a and
/// b are fitted to the rows by least squares with weights that leave out what is not road (a wall, a slope).
/// UserError where no road can be made out: then a comes out as 0 or less.
EstimatedDepth read_depth(const std::vector<NetworkOutput>& outputs,
                          const std::string& file,
                          const NetworkInput& input,
                          const Camera& camera,
                          const DepthReading& reading);

}  // namespace monodr
