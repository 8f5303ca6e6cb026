// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <map>

#include "base/lines.h"
#include "base/text.h"
#include "data/conversion.h"
#include "data/conversion_files.h"
#include "data/kitti_label.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;
using Matrix34 = Eigen::Matrix<double, 3, 4>;

constexpr double kPeriod = 0.1;                    // s
constexpr double kTruncation[] = {0.0, 0.3, 0.5};  // of the levels

struct TrackingCamera {
  std::vector<Matrix34> projections;
  Eigen::Matrix3d rectification;
  Matrix34 velodyne_to_camera, imu_to_velodyne;
};

TrackingCamera read_camera(const std::string& path) {
  const NamedNumbers file(path);
  TrackingCamera camera;
  for (int i = 0; i < 4; ++i)
    camera.projections.push_back(file.matrix<3, 4>(fmt::format("P{}", i)));
  camera.rectification = file.matrix<3, 3>(file.has("R_rect") ? "R_rect" : "R0_rect");
  camera.velodyne_to_camera =
      file.matrix<3, 4>(file.has("Tr_velo_cam") ? "Tr_velo_cam" : "Tr_velo_to_cam");
  camera.imu_to_velodyne =
      file.matrix<3, 4>(file.has("Tr_imu_velo") ? "Tr_imu_velo" : "Tr_imu_to_velo");
  return camera;
}

struct LabelledFrame {
  std::vector<Annotation> labels;
  std::vector<std::string> tracks;
};

/// A line is the frame, the track and then one of label_2.
std::map<int, LabelledFrame> read_labels(const std::string& path) {
  std::map<int, LabelledFrame> frames;
  const std::string content = read_file(path);
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const SourceLocation where{path, line.number};
    const std::vector<std::string_view> words = split_fields(line.text);
    if (words.size() < 17)
      throw UserError(
          where,
          fmt::format("{} columns, but frame, track and the 15 of an object are 17", words.size()));
    const std::string rest(words[2].data(), line.text.data() + line.text.size());
    std::vector<Annotation> one;
    try {
      one = parse_kitti_objects(rest, KittiFileKind::labels, path);
    } catch (const UserError& error) {
      throw UserError(where, error.what());
    }
    Annotation& label = one.at(0);
    const double level = label.truncation;
    label.truncation = level == 1 || level == 2 ? kTruncation[int(level)] : 0;
    LabelledFrame& frame = frames[int(parse_number(words[0], where, "frame"))];
    frame.labels.push_back(label);
    frame.tracks.emplace_back(words[1] == "-1" ? "" : words[1]);
  }
  return frames;
}

void add_moments(const std::string& path, const TrackingCamera& camera, ConvertedDrive& converted) {
  const auto rows = rows_of_numbers(path);
  Eigen::Matrix4d imu_to_velodyne = Eigen::Matrix4d::Identity();
  imu_to_velodyne.topRows<3>() = camera.imu_to_velodyne;
  std::vector<InertialPose> poses;
  for (const ConvertedFrame& frame : converted.frames) {
    const auto number = size_t(number_of_frame(frame.picture));
    if (number >= rows.size())
      throw UserError(
          fmt::format("'{}' has {} lines, but there is a frame {}", path, rows.size(), number));
    poses.push_back(inertial_pose_of(rows[number], path));
  }
  const auto cameras =
      camera_poses(poses, camera.rectification * camera.velodyne_to_camera * imu_to_velodyne);
  for (size_t i = 0; i < cameras.size(); ++i) {
    ConvertedFrame& frame = converted.frames[i];
    frame.moment = {frame.drive, kPeriod * number_of_frame(frame.picture), cameras[i]};
  }
}

ConvertedDrive read_sequence(const fs::path& root, const std::string& name, Conversion& all) {
  const auto file = [&](const char* kind) { return (root / kind / (name + ".txt")).string(); };
  const TrackingCamera camera = read_camera(file("calib"));
  ConvertedDrive converted;
  converted.calibration =
      format_kitti_calibration(camera.projections, camera.rectification, camera.velodyne_to_camera);
  const bool is_labelled = fs::exists(file("label_02"));
  std::map<int, LabelledFrame> labels;
  if (is_labelled)
    labels = read_labels(file("label_02"));
  else
    all.notes.push_back(fmt::format("{} has no label_02/{}.txt, so no labels", name, name));
  for (const std::string& picture : pictures_in((root / "image_02" / name).string())) {
    const std::string stem = fs::path(picture).stem().string();
    const fs::path lidar = root / "velodyne" / name / (stem + ".bin");
    ConvertedFrame frame{name, stem, picture, fs::exists(lidar) ? lidar.string() : "", {}, {}, {}};
    if (is_labelled) {
      LabelledFrame& labelled = labels[number_of_frame(picture)];
      frame.labels = std::move(labelled.labels);
      frame.tracks = std::move(labelled.tracks);
    }
    converted.frames.push_back(std::move(frame));
  }
  if (fs::exists(file("oxts")))
    add_moments(file("oxts"), camera, converted);
  else
    all.notes.push_back(
        fmt::format("{} has no camera poses, since there is no oxts/{}.txt", name, name));
  return converted;
}

}  // namespace

Conversion read_kitti_tracking(const std::string& folder) {
  fs::path root = folder;
  if (!fs::is_directory(root / "image_02")) root /= "training";
  if (!fs::is_directory(root / "image_02"))
    throw UserError(fmt::format(
        "'{}' is not KITTI tracking: it holds neither image_02 nor training/image_02", folder));
  Conversion conversion;
  for (const std::string& sequence : folders_in((root / "image_02").string()))
    conversion.drives.push_back(
        read_sequence(root, fs::path(sequence).filename().string(), conversion));
  if (conversion.drives.empty())
    throw UserError(fmt::format("'{}' holds no sequence (a folder 0000 with pictures)",
                                (root / "image_02").string()));
  return conversion;
}

}  // namespace monodr
