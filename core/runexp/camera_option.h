// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace monodr {

/// The camera of pictures that come without a data set.
struct CameraChoice {
  nlohmann::json keys;                  ///< of a manifest
  std::vector<double> offset{0, 0, 0};  ///< in its rig (geometry/camera.h), metres
  std::string note;                     ///< where it was assumed
};

/// --intrinsics FX,FY,CX,CY, --calib FILE, --field-of-view DEG.
void add_camera_options(boost::program_options::options_description& options);

/// The one that was given, else a field of view of 65 degrees. UserError for several.
CameraChoice camera_choice(const boost::program_options::variables_map& values);

}  // namespace monodr
