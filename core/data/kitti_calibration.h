// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>

#include "geometry/camera.h"

namespace monodr {

/// What a KITTI object calibration file (calib/<frame>.txt) says.
///
/// Frames: "rectified" is the frame of camera 0 after rectification, in which labels are given.
/// Camera 2, the left colour camera, takes the pictures:  p = K (X + t), with t = K^-1 p4 from the
/// last column p4 of P2. The intrinsics are in monodr's pixel convention (half a pixel added to
/// the file's cx, cy; t is computed before that and does not depend on it).
struct KittiCalibration {
  std::string path;  ///< the file, for messages
  Camera camera;     ///< width and height stay 0: the file does not know them

  /// Metres between the left and the right colour camera, from P2 and P3.
  std::optional<double> baseline;

  /// 3x4: a LiDAR point in the rectified frame is R0_rect * Tr_velo_to_cam * (x, y, z, 1), or its like.
  std::optional<Eigen::Matrix<double, 3, 4>> velodyne_to_rectified;
};

/// Reads P2 (needed) and P3, R0_rect, Tr_velo_to_cam (where present), also by the names of the other dialects:
///     object              P2         P3         R0_rect    Tr_velo_to_cam
///     tracking            P2         P3         R_rect     Tr_velo_cam        (without colons)
///     odometry            P2         P3         -          Tr                 (to the rectified frame at once)
///     raw cam_to_cam      P_rect_02  P_rect_03  R_rect_00  -
///     Waymo in KITTI's    P2         P3         R0_rect    Tr_velo_to_cam_2, else Tr_velo_to_cam_0
/// A matrix may be written as 4x4; a colon needs no blank behind it; what rounding leaves of a skew (1e-9 of fx) is
/// taken for 0. KITTI-360's perspective.txt and raw's velo_to_cam are refused by name. UserError with file and line
/// for a missing file, a missing P2, a line with the wrong number of values, a value that is not a
/// number, a focal length that is not positive.
KittiCalibration read_kitti_calibration(const std::string& path);

}  // namespace monodr
