// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>

namespace monodr {

/// planes/<frame>.txt: the road as a x + b y + c z + d = 0 in the rectified camera frame, metres,
/// with (a, b, c) of length 1 (for KITTI's upright camera near (0, -1, 0), d = the camera's
/// height). The file has lines of "# Matrix", "WIDTH 4", "HEIGHT 1" before the four numbers.
/// UserError with file and line for anything else.
std::array<double, 4> read_ground_plane(const std::string& path);

}  // namespace monodr
