// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "settings/category.h"

namespace monodr {

/// How wrong depth maps are where LiDAR saw the same pixel, r = log(estimate / LiDAR):
/// all pixels to 80 m, then the cars (2-D boxes of labels; points within 3 m of the middle's median).
struct DepthError {
  int frames = 0;                ///< that have both
  std::size_t pixels = 0;        ///< compared
  double absolute_relative = 0;  ///< mean |estimate - LiDAR| / LiDAR over pixels (AbsRel)
  double within_quarter = 0;     ///< share of pixels with max(ratio, 1/ratio) < 1.25 (delta1)

  int cars = 0;
  double car_median = 0;       ///< median over cars of a car's median r: a factor that all share
  double car_deviation = 0;    ///< spread of the cars' medians: the part that one car shares
  double local_deviation = 0;  ///< spread of r around a car's own median
  /// Distance at which the correlation of two errors of a car falls below 1/e, as a share of the box's longer side;
  /// 0 = not known.
  double correlation_length = 0;

  /// All in all, for the fit's noise model: sqrt(car_deviation^2 + local_deviation^2), and a constant factor.
  double deviation() const;
  std::string to_text() const;
  std::string to_json() const;
};

/// Depth maps FRAME.png (16 bits, metres x 256) or FRAME.npz of `depth_folder` ("" = training/depth_2) against the
/// LiDAR of a folder in KITTI's layout. Spreads are 1.4826 times the median absolute deviation: a pixel of the background
/// in a car's box must not count as an error of the map. UserError where no frame has both.
DepthError measure_depth_error(const std::string& root,
                               const std::string& depth_folder,
                               const CategoryModel& category);

}  // namespace monodr
