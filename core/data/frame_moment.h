// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Geometry>
#include <string>
#include <vector>

namespace monodr {

/// Where a frame stands in a sequence that one moving camera took.
struct FrameMoment {
  std::string sequence;  ///< its name; times and worlds of different ones have nothing in common
  double time = 0;       ///< seconds
  /// From KITTI's rectified frame (camera 0: x right, y down, z forward) to a frame that stands still, metres.
  Eigen::Isometry3d camera_to_world = Eigen::Isometry3d::Identity();
};

/// KITTI's object layout has single pictures. Those of a sequence have two files more:
///
///   training/poses/F.txt     sequence 2011_09_26_drive_0001_sync
///                            time 0.4
///                            camera_to_world r11 r12 r13 t1 r21 ... t3       (row by row, as KITTI odometry's poses)
///   training/tracks_2/F.txt  the track of each line of label_2/F.txt, one a line: a name that is one object's in all
///                            frames of the sequence; "-" = nobody knows
FrameMoment read_moment(const std::string& path);
std::string format_moment(const FrameMoment& moment);

/// UserError for a missing file, and where it has not as many lines as `labels`.
std::vector<std::string> read_tracks(const std::string& path, size_t labels);
std::string format_tracks(const std::vector<std::string>& tracks);

/// The GPS and inertial data of KITTI raw and tracking: latitude, longitude (degrees), altitude (m), roll, pitch, yaw
/// (radians; yaw 0 = east, counter-clockwise) and more that is not used. The devkit's Mercator projection, with
/// s = cos(latitude of the first frame) and the earth's radius r = 6378137 m:
///     x = s r lon pi / 180,    y = s r log tan((90 + lat) pi / 360),    z = alt,
///     imu_to_world = translate(x, y, z) Rz(yaw) Ry(pitch) Rx(roll).
struct InertialPose {
  double latitude = 0, longitude = 0, altitude = 0, roll = 0, pitch = 0, yaw = 0;
};
double mercator_scale(double latitude);
Eigen::Isometry3d imu_to_world(const InertialPose& pose, double scale);
InertialPose inertial_pose(const Eigen::Isometry3d& imu_to_world, double scale);

/// From a row of numbers of an oxts file. UserError where it has fewer than six.
InertialPose inertial_pose_of(const std::vector<double>& row, const std::string& path);

}  // namespace monodr
