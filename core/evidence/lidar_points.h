// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace monodr {

/// One return in the LiDAR's frame, metres; the reflectance behind it is not kept.
struct LidarPoint {
  float x = 0, y = 0, z = 0;
};

/// KITTI's velodyne/F.bin: float32 x, y, z, reflectance a point, nothing else. UserError where the file is no
/// whole number of points, and where its numbers are those of another layout, which would be read without
/// a word as points all over the place:
/// - doubles: their lower halves, taken for floats, are of any size or none at all;
/// - three, five or more floats a point (x, y, z, intensity, ring as nuScenes has them): a scanner turns, so a number
///   is like the same one of the point before. Of the distances 3 to 8 the one at which numbers differ
///   least (median) is the layout, where it is less than half that at 4.
/// A .npy says its layout itself: an array [N, 3 or more], whose first three columns are x, y, z.
std::vector<LidarPoint> read_lidar_points(const std::string& path);

}  // namespace monodr
