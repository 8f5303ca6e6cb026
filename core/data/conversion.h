// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "geometry/annotation.h"

namespace monodr {

/// One frame of another dataset, on its way to KITTI's object layout.
struct ConvertedFrame {
  std::string drive, name;  ///< where it comes from: "2011_09_26_drive_0001_sync", "0000000005"
  std::string picture;      ///< file
  std::string lidar;        ///< file of float32 x, y, z, reflectance; "" = there is none
  /// In KITTI's convention; nothing where the dataset labels nothing of this drive.
  std::optional<std::vector<Annotation>> labels;
};

/// What is written for all frames of one camera: P0..P3, R0_rect, Tr_velo_to_cam.
struct ConvertedDrive {
  std::string calibration;  ///< text of calib/F.txt
  std::vector<ConvertedFrame> frames;
};

struct Conversion {
  std::vector<ConvertedDrive> drives;
  std::vector<std::string> notes;  ///< what was not used
};

/// KITTI raw (Geiger et al., "Vision meets Robotics: The KITTI Dataset", IJRR 2013; its devkit's readme.txt): a folder
/// of a day with calib_cam_to_cam.txt, calib_velo_to_cam.txt and drives ..._sync, or one drive in it.
///
///     pixel = P_rect_02 R_rect_00 [R | T] (x, y, z, 1)        of a LiDAR point
///
/// Labels are tracklets: tracklet_labels.xml, boxes in the LiDAR's frame (x forward, z up; origin in the middle of the
/// bottom, turned by rz about z). KITTI's boxes stand upright in the camera's frame, so that the degree or two
/// by which the LiDAR is tilted against it is lost, as in KITTI's own object labels.
Conversion read_kitti_raw(const std::string& folder);

/// KITTI-360 (Liao et al., "KITTI-360", PAMI 2022; its documentation and scripts): data_2d_raw/*/image_00/data_rect,
/// calibration/perspective.txt, calib_cam_to_velo.txt, and for labels data_poses and data_3d_bboxes/train(_full)/*.xml.
///
///     pixel = P_rect_00 R_rect_00 (cam_to_velo)^-1 (x, y, z, 1)        of a LiDAR point
///     pixel = P_rect_00 (cam0_to_world)^-1 (x, y, z, 1)                of a point of the world
///
/// cam0_to_world.txt is of the rectified camera; where it lacks, it is poses.txt times calib_cam_to_pose.txt's
/// image_00 times R_rect_00^-1. Boxes are a cuboid, taken to the world by `transform`; those of other shapes,
/// buildings, are no objects. Of cars and their like: static ones from start_frame to end_frame, others in the frame
/// that is their timestamp. Nothing says what is hidden: occlusion is 3.
Conversion read_kitti360(const std::string& folder);

/// Writes KITTI's object layout: training/{image_2, calib, velodyne, label_2}/000000..., ImageSets/DRIVE.txt and
/// frames.txt, which says where each frame comes from. Pictures and LiDAR are links, or with `copies` files of their own
/// (also where the file system has no links). UserError where the folder holds anything already.
void write_kitti_layout(const Conversion& conversion, const std::string& output, bool copies);

/// A line of label_2 for a box in the rectified frame: its 2-D box is that of its corners, edges cut 0.1 m before the
/// camera, held within the picture; truncation the share of that box beyond it. `projection` is the file's P2.
/// Nothing where no part of it is in the picture.
std::optional<Annotation> projected_label(const std::string& category,
                                          const Box3d& box,
                                          const Eigen::Matrix<double, 3, 4>& projection,
                                          int width,
                                          int height,
                                          int occlusion);

}  // namespace monodr
