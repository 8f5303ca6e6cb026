// SPDX-License-Identifier: Apache-2.0
#include <Eigen/Geometry>
#include <Eigen/LU>
#include <boost/property_tree/ptree.hpp>
#include <cmath>
#include <filesystem>
#include <map>

#include "base/lines.h"
#include "base/text.h"
#include "data/conversion.h"
#include "data/conversion_files.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using Matrix34 = Eigen::Matrix<double, 3, 4>;
using boost::property_tree::ptree;

constexpr double kFarthest = 100;  // m; beyond it no label of KITTI's stands either

struct Camera360 {
  std::vector<Matrix34> projections;  ///< P_rect_00, 01, 00, 01: image_2 is the left camera
  Eigen::Matrix3d rectification;
  Matrix34 velodyne_to_camera;
  int width = 0, height = 0;
};

Eigen::Matrix4d padded(const Matrix34& matrix) {
  Eigen::Matrix4d result = Eigen::Matrix4d::Identity();
  result.topRows<3>() = matrix;
  return result;
}

Camera360 read_camera(const fs::path& root) {
  const fs::path folder = root / "calibration";
  const NamedNumbers perspective((folder / "perspective.txt").string());
  const std::string velodyne = (folder / "calib_cam_to_velo.txt").string();
  const auto rows = rows_of_numbers(velodyne);
  if (rows.size() != 1 || rows[0].size() != 12)
    throw UserError(fmt::format("'{}' must be one line of 12 numbers, a 3x4 matrix", velodyne));
  Camera360 camera;
  for (const char* name : {"P_rect_00", "P_rect_01", "P_rect_00", "P_rect_01"})
    camera.projections.push_back(perspective.matrix<3, 4>(name));
  camera.rectification = perspective.matrix<3, 3>("R_rect_00");
  const Matrix34 to_velodyne =
      Eigen::Map<const Eigen::Matrix<double, 3, 4, Eigen::RowMajor>>(rows[0].data());
  camera.velodyne_to_camera = padded(to_velodyne).inverse().topRows<3>();
  const std::vector<double>& size = perspective.of("S_rect_00", 2);
  camera.width = int(size[0]);
  camera.height = int(size[1]);
  return camera;
}

/// Frame to where the rectified camera stands in the world.
using Poses = std::map<int, Eigen::Matrix4d>;

template <int Rows>
Poses read_poses(const std::string& path) {
  Poses poses;
  for (const std::vector<double>& row : rows_of_numbers(path)) {
    if (row.size() != 1 + 4 * Rows)
      throw UserError(
          fmt::format("'{}': a line has {} numbers; {} are expected, the frame's and a "
                      "{}x4 matrix",
                      path,
                      row.size(),
                      1 + 4 * Rows,
                      Rows));
    Eigen::Matrix4d pose = Eigen::Matrix4d::Identity();
    for (int i = 0; i < 4 * Rows; ++i) pose(i / 4, i % 4) = row[size_t(i) + 1];
    poses[int(row[0])] = pose;
  }
  return poses;
}

Poses read_camera_poses(const fs::path& root, const std::string& drive, const Camera360& camera) {
  const fs::path folder = root / "data_poses" / drive;
  if (fs::exists(folder / "cam0_to_world.txt"))
    return read_poses<4>((folder / "cam0_to_world.txt").string());
  if (!fs::exists(folder / "poses.txt")) return {};
  const NamedNumbers cameras((root / "calibration" / "calib_cam_to_pose.txt").string());
  Eigen::Matrix4d rectified = Eigen::Matrix4d::Identity();
  rectified.topLeftCorner<3, 3>() = camera.rectification.inverse();
  const Eigen::Matrix4d to_pose = padded(cameras.matrix<3, 4>("image_00")) * rectified;
  Poses poses = read_poses<3>((folder / "poses.txt").string());
  for (auto& [frame, pose] : poses) pose = pose * to_pose;
  return poses;
}

/// KITTI's classes for what moves; "" = no object of KITTI's kind.
std::string category_of(const std::string& label) {
  static const std::map<std::string, std::string> names = {{"car", "Car"},
                                                           {"van", "Van"},
                                                           {"truck", "Truck"},
                                                           {"train", "Tram"},
                                                           {"person", "Pedestrian"},
                                                           {"pedestrian", "Pedestrian"},
                                                           {"rider", "Cyclist"},
                                                           {"bus", "Misc"},
                                                           {"caravan", "Misc"},
                                                           {"trailer", "Misc"},
                                                           {"motorcycle", "Misc"},
                                                           {"bicycle", "Misc"},
                                                           {"unknownvehicle", "Misc"}};
  const auto found = names.find(lower_case(label));
  return found == names.end() ? "" : found->second;
}

/// A cuboid in the world: centre, and half of each edge as a vector.
struct Cuboid {
  std::string category;
  Eigen::Vector3d centre;
  Eigen::Matrix3d half_edges;  ///< columns
  int first = 0, last = 0;     ///< frames
};

std::vector<double> matrix_in(const ptree& object,
                              const std::string& name,
                              size_t columns,
                              const std::string& path) {
  std::vector<double> numbers;
  const std::string text = object.get<std::string>(name + ".data", "");
  std::string blanks = text;
  for (char& c : blanks)
    if (c == '\n' || c == '\r') c = ' ';
  for (const std::string_view word : split_fields(blanks)) {
    const auto number = finite_number(word);
    if (!number)
      throw UserError(fmt::format("'{}': <{}> holds '{}', which is no number", path, name, word));
    numbers.push_back(*number);
  }
  if (numbers.empty() || numbers.size() % columns != 0)
    throw UserError(fmt::format(
        "'{}': <{}> has {} numbers, not rows of {}", path, name, numbers.size(), columns));
  return numbers;
}

/// Of the eight vertices' extent; nothing for what has another shape.
std::optional<Cuboid> cuboid_of(const ptree& object, const std::string& path) {
  const std::string category = category_of(object.get<std::string>("label", ""));
  if (category.empty()) return std::nullopt;
  const std::vector<double> vertices = matrix_in(object, "vertices", 3, path);
  const std::vector<double> t = matrix_in(object, "transform", 4, path);
  constexpr size_t kCorners = 8;
  if (vertices.size() != 3 * kCorners || t.size() != 16) return std::nullopt;
  const Eigen::Matrix4d transform =
      Eigen::Map<const Eigen::Matrix<double, 4, 4, Eigen::RowMajor>>(t.data());
  const Eigen::Matrix<double, 3, 8> corners =
      Eigen::Map<const Eigen::Matrix<double, 3, 8>>(vertices.data());
  const Eigen::Vector3d low = corners.rowwise().minCoeff(), high = corners.rowwise().maxCoeff();
  Cuboid cuboid;
  cuboid.category = category;
  cuboid.centre = (transform * ((low + high) / 2).homogeneous()).head<3>();
  cuboid.half_edges = transform.topLeftCorner<3, 3>() * ((high - low) / 2).asDiagonal();
  const int when = int(number_in(object, "timestamp", path));
  cuboid.first = when >= 0 ? when : int(number_in(object, "start_frame", path));
  cuboid.last = when >= 0 ? when : int(number_in(object, "end_frame", path));
  return cuboid;
}

std::vector<Cuboid> read_cuboids(const std::string& path) {
  const ptree tree = read_xml_tree(path);
  const auto list = tree.get_child_optional("opencv_storage");
  if (!list) throw UserError(fmt::format("'{}' is none of KITTI-360's files of 3-D boxes", path));
  std::vector<Cuboid> cuboids;
  for (const auto& [name, object] : *list)
    if (name.starts_with("object"))
      if (auto cuboid = cuboid_of(object, path)) cuboids.push_back(std::move(*cuboid));
  return cuboids;
}

/// KITTI's box in the rectified frame: the edge that is most upright is the height, the longer of the other two
/// the length, which is the heading.
Box3d box_of(const Cuboid& cuboid, const Eigen::Matrix4d& world_to_camera) {
  const Eigen::Matrix3d edges = world_to_camera.topLeftCorner<3, 3>() * cuboid.half_edges;
  int up = 0;
  edges.colwise().normalized().row(1).cwiseAbs().maxCoeff(&up);
  int along = (up + 1) % 3, across = (up + 2) % 3;
  if (edges.col(across).norm() > edges.col(along).norm()) std::swap(along, across);
  Box3d box;
  box.height = 2 * edges.col(up).norm();
  box.length = 2 * edges.col(along).norm();
  box.width = 2 * edges.col(across).norm();
  box.location = (world_to_camera * cuboid.centre.homogeneous()).head<3>();
  box.location.y() += box.height / 2;
  box.rotation_y = std::atan2(-edges(2, along), edges(0, along));
  return box;
}

std::vector<Annotation> labels_of(const std::vector<Cuboid>& cuboids,
                                  int frame,
                                  const Eigen::Matrix4d& pose,
                                  const Camera360& camera) {
  constexpr int kNobodySaid = 3;
  const Eigen::Matrix4d world_to_camera = pose.inverse();
  std::vector<Annotation> labels;
  for (const Cuboid& cuboid : cuboids) {
    if (frame < cuboid.first || frame > cuboid.last) continue;
    const Box3d box = box_of(cuboid, world_to_camera);
    if (box.location.norm() > kFarthest) continue;
    if (const auto label = projected_label(
            cuboid.category, box, camera.projections[0], camera.width, camera.height, kNobodySaid))
      labels.push_back(*label);
  }
  return labels;
}

std::string boxes_file(const fs::path& root, const std::string& drive) {
  for (const char* kind : {"train_full", "train"}) {
    const fs::path file = root / "data_3d_bboxes" / kind / (drive + ".xml");
    if (fs::exists(file)) return file.string();
  }
  return "";
}

ConvertedDrive read_drive(const fs::path& root,
                          const std::string& drive,
                          const Camera360& camera,
                          Conversion& conversion) {
  ConvertedDrive converted;
  converted.calibration =
      format_kitti_calibration(camera.projections, camera.rectification, camera.velodyne_to_camera);
  const std::string boxes = boxes_file(root, drive);
  const Poses poses = boxes.empty() ? Poses() : read_camera_poses(root, drive, camera);
  const std::vector<Cuboid> cuboids = poses.empty() ? std::vector<Cuboid>() : read_cuboids(boxes);
  if (boxes.empty())
    conversion.notes.push_back(
        fmt::format("{} has no file in data_3d_bboxes, so no labels", drive));
  else if (poses.empty())
    conversion.notes.push_back(fmt::format("{} has no file in data_poses, so no labels", drive));
  size_t without = 0;
  for (const std::string& picture :
       pictures_in((root / "data_2d_raw" / drive / "image_00" / "data_rect").string())) {
    const std::string stem = fs::path(picture).stem().string();
    const fs::path lidar =
        root / "data_3d_raw" / drive / "velodyne_points" / "data" / (stem + ".bin");
    ConvertedFrame frame{drive, stem, picture, fs::exists(lidar) ? lidar.string() : "", {}};
    const int number = number_of_frame(picture);
    if (const auto pose = poses.find(number); pose != poses.end())
      frame.labels = labels_of(cuboids, number, pose->second, camera);
    else
      ++without;
    converted.frames.push_back(std::move(frame));
  }
  if (without > 0 && !poses.empty())
    conversion.notes.push_back(fmt::format(
        "{} frames of {} have no pose, as the car stood still, so no labels", without, drive));
  return converted;
}

}  // namespace

Conversion read_kitti360(const std::string& folder) {
  const fs::path root(folder);
  Conversion conversion;
  if (!fs::is_directory(root / "data_2d_raw"))
    throw UserError(
        fmt::format("'{}' is not KITTI-360's folder: data_2d_raw is not there", folder));
  const Camera360 camera = read_camera(root);
  for (const std::string& below : folders_in((root / "data_2d_raw").string()))
    if (fs::is_directory(fs::path(below) / "image_00" / "data_rect"))
      conversion.drives.push_back(
          read_drive(root, fs::path(below).filename().string(), camera, conversion));
  if (conversion.drives.empty())
    throw UserError(fmt::format(
        "'{}' has no pictures: no drive of data_2d_raw has image_00/data_rect", folder));
  return conversion;
}

}  // namespace monodr
