// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Geometry>
#include <boost/property_tree/ptree.hpp>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "data/conversion.h"
#include "data/conversion_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using Matrix34 = Eigen::Matrix<double, 3, 4>;
using boost::property_tree::ptree;

/// The calibration of a day.
struct RawCamera {
  std::vector<Matrix34> projections;  ///< P_rect_00 to 03
  Eigen::Matrix3d rectification;
  Matrix34 velodyne_to_camera;
  int width = 0, height = 0;  ///< of the rectified pictures

  Matrix34 velodyne_to_rectified() const { return rectification * velodyne_to_camera; }
};

RawCamera read_camera(const fs::path& day) {
  const NamedNumbers cameras((day / "calib_cam_to_cam.txt").string());
  const NamedNumbers velodyne((day / "calib_velo_to_cam.txt").string());
  RawCamera camera;
  for (int i = 0; i < 4; ++i)
    camera.projections.push_back(cameras.matrix<3, 4>(fmt::format("P_rect_{:02}", i)));
  camera.rectification = cameras.matrix<3, 3>("R_rect_00");
  camera.velodyne_to_camera << velodyne.matrix<3, 3>("R"), velodyne.matrix<3, 1>("T");
  const std::vector<double>& size = cameras.of("S_rect_02", 2);
  camera.width = int(size[0]);
  camera.height = int(size[1]);
  return camera;
}

/// A tracklet's box in one frame: the middle of its bottom and its heading, in the LiDAR's frame.
Box3d box_of(const ptree& tracklet,
             const ptree& pose,
             const RawCamera& camera,
             const std::string& path) {
  const Matrix34 to_rectified = camera.velodyne_to_rectified();
  const Eigen::Vector4d place(
      number_in(pose, "tx", path), number_in(pose, "ty", path), number_in(pose, "tz", path), 1);
  const double turn = number_in(pose, "rz", path);
  const Eigen::Vector3d heading =
      to_rectified.leftCols<3>() * Eigen::Vector3d(std::cos(turn), std::sin(turn), 0);
  Box3d box;
  box.location = to_rectified * place;
  box.height = number_in(tracklet, "h", path);
  box.width = number_in(tracklet, "w", path);
  box.length = number_in(tracklet, "l", path);
  box.rotation_y = std::atan2(-heading.z(), heading.x());
  return box;
}

/// KITTI's word for what is hidden: 3 = nobody said.
int occlusion_of(const ptree& pose) {
  const int said = pose.get<int>("occlusion", -1);
  return said >= 0 && said <= 2 ? said : 3;
}

std::string category_of(const ptree& tracklet) {
  const std::string name = tracklet.get<std::string>("objectType", "Misc");
  return name == "Person (sitting)" ? "Person_sitting" : name;
}

/// Labels of each frame that has any.
std::map<int, std::vector<Annotation>> read_tracklets(const std::string& path,
                                                      const RawCamera& camera) {
  const ptree tree = read_xml_tree(path);
  const auto list = tree.get_child_optional("boost_serialization.tracklets");
  if (!list)
    throw UserError(
        fmt::format("'{}' holds no tracklets; restore tracklet_labels.xml from the dataset", path));
  std::map<int, std::vector<Annotation>> labels;
  for (const auto& [name, tracklet] : *list) {
    if (name != "item") continue;
    int frame = int(number_in(tracklet, "first_frame", path));
    const auto poses = tracklet.get_child_optional("poses");
    if (!poses) continue;
    for (const auto& [pose_name, pose] : *poses) {
      if (pose_name != "item") continue;
      if (const auto label = projected_label(category_of(tracklet),
                                             box_of(tracklet, pose, camera, path),
                                             camera.projections[2],
                                             camera.width,
                                             camera.height,
                                             occlusion_of(pose)))
        labels[frame].push_back(*label);
      ++frame;
    }
  }
  return labels;
}

ConvertedDrive read_drive(const fs::path& drive, const RawCamera& camera, Conversion& conversion) {
  const std::string name = drive.filename().string();
  ConvertedDrive converted;
  converted.calibration =
      format_kitti_calibration(camera.projections, camera.rectification, camera.velodyne_to_camera);
  const fs::path tracklets = drive / "tracklet_labels.xml";
  const bool is_labelled = fs::exists(tracklets);
  std::map<int, std::vector<Annotation>> labels;
  if (is_labelled)
    labels = read_tracklets(tracklets.string(), camera);
  else
    conversion.notes.push_back(fmt::format("{} has no tracklet_labels.xml, so no labels", name));
  if (fs::exists(drive / "oxts"))
    conversion.notes.push_back(
        fmt::format("oxts of {} (GPS and inertial data) has no place in KITTI's layout", name));
  for (const std::string& picture : pictures_in((drive / "image_02" / "data").string())) {
    const std::string stem = fs::path(picture).stem().string();
    const fs::path lidar = drive / "velodyne_points" / "data" / (stem + ".bin");
    ConvertedFrame frame{name, stem, picture, fs::exists(lidar) ? lidar.string() : "", {}};
    if (is_labelled) frame.labels = labels[number_of_frame(picture)];
    converted.frames.push_back(std::move(frame));
  }
  return converted;
}

bool is_drive(const fs::path& folder) {
  return fs::is_directory(folder / "image_02" / "data");
}

}  // namespace

Conversion read_kitti_raw(const std::string& folder) {
  const fs::path given = fs::absolute(folder).lexically_normal();
  const fs::path root = given.filename().empty() ? given.parent_path() : given;
  std::vector<fs::path> drives;
  if (is_drive(root)) drives.push_back(root);
  if (drives.empty())
    for (const std::string& below : folders_in(root.string()))
      if (is_drive(below)) drives.emplace_back(below);
  if (drives.empty())
    throw UserError(fmt::format(
        "'{}' is neither a day of KITTI raw (2011_09_26, with drives ..._sync in it) nor a "
        "drive: no image_02/data is there",
        folder));
  Conversion conversion;
  for (const fs::path& drive : drives) {
    if (drive.filename().string().ends_with("_extract"))
      throw UserError(
          fmt::format("'{}' holds pictures as they were taken, distorted; take the drive's "
                      "synced and rectified data, ..._sync",
                      drive.string()));
    const RawCamera camera = read_camera(drive.parent_path());
    conversion.drives.push_back(read_drive(drive, camera, conversion));
  }
  return conversion;
}

}  // namespace monodr
