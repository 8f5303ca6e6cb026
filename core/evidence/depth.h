// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "data/kitti_calibration.h"
#include "data/kitti_folder.h"
#include "evidence/image.h"
#include "settings/dataset.h"

namespace monodr {

/// Stated error of a disparity in pixels (68 % are within it). Measured on cars of KITTI frames
/// against their LiDAR points: a shift of -0.7 px that all cars share, and 0.9 px around it.
inline constexpr double kDisparityDeviation = 1.1;

/// Depth of a whole frame: metres along camera 2's optical axis, pixel by pixel, 0 = none.
struct DepthMap {
  Plane<float> metres;
  /// As of LiDAR: few pixels have a value, and each is exact but for the stated deviation.
  /// Otherwise an estimate for (nearly) every pixel.
  bool is_sparse = false;
  /// Deviation of the noise at depth z is  z (relative_deviation + deviation_per_metre z).
  double relative_deviation = 0;   ///< of depth networks
  double deviation_per_metre = 0;  ///< of stereo: z = f b / d, so dz / z = z dd / (f b)
  std::string file;                ///< that it was read from
  /// Nobody said what a unit of the file is; KITTI's 1/256 m was taken.
  bool unit_is_assumed = false;

  bool empty() const { return metres.empty(); }
  /// Relative deviation of the noise at depth z.
  double deviation_at(double z) const { return relative_deviation + deviation_per_metre * z; }
};

/// What the whole numbers of a depth file mean.
struct DepthCode {
  double unit = 0;     ///< metres of one unit; 0 = nobody said: KITTI's 1/256
  double invalid = 0;  ///< a value that means "none", beside 0 and 65535
};

/// One range for the depths (metres, not sorted; 0 for none) that lie where an object is seen: of a dense map their median. LiDAR
/// looks through glass, and between the border of a mask and that of the car, so that more than half of a far car's points
/// may be of what is behind it: where the median of a sparse map lies off the stretch of 4 m (a car's length) with the most
/// points, of equal ones the nearest, the median of that stretch stands in for it.
double typical_depth(std::vector<double> depths, bool is_sparse);

/// 16-bit PNG, 0 = none, and so is 65535: nothing measures the largest number there is. Without a stated
/// unit metres x 256 (KITTI's depth benchmark). A map with a value in most pixels cannot be LiDAR; it is
/// taken as a network's estimate of 10 % (see kNetworkDepthDeviation). UserError for 8 bits.
DepthMap load_depth_png(const std::string& path, const DepthCode& code = {});

/// Float32 x, y, z, reflectance a point in the LiDAR's frame: a full scan or one cut to the image.
/// Points in front of the camera that fall into the image; the nearest one where several fall into
/// a pixel. `calibration.camera` must know the image's size. UserError for a file of other points (doubles,
/// five floats as other LiDARs have them), as far as the numbers betray it (lidar_points.h), and for a whole
/// scan of which nothing falls into the image.
DepthMap load_depth_velodyne(const std::string& path, const KittiCalibration& calibration);

/// 16-bit PNG, disparity in pixels x 256, 0 = none:  z = f baseline / disparity.
DepthMap load_depth_disparity(const std::string& path, const KittiCalibration& calibration);

/// By nearest neighbour, which invents no depths between an object and what is behind it.
Plane<float> resized(const Plane<float>& plane, int width, int height);

/// NumPy archive with one 2-D float array under the key "depth" (as PackNet-SfM writes it), metres,
/// resized where it is of another resolution than the image.
DepthMap load_depth_npz(const std::string& path, int image_width, int image_height);

/// The depth of a frame from `settings.depth`: "depth_2" (PNG, of settings.depth_unit and depth_invalid, or
/// .npz), "velodyne" (velodyne_reduced or velodyne), "disparity", "none", or "auto" = the first of them that
/// is there, else none (an empty map). UserError where a named source has no file for the frame, and where a
/// map's size is not the image's.
DepthMap load_frame_depth(const KittiFolder& folder,
                          const std::string& frame,
                          const DatasetSettings& settings,
                          const KittiCalibration& calibration);

}  // namespace monodr
