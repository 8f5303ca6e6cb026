// SPDX-License-Identifier: Apache-2.0
#include "data/conversion.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "data/kitti_label.h"
#include "geometry/enclosing_box.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

constexpr double kNear = 0.1;  // m

/// The smallest box around what lies before the camera of these corners and the edges between them, in the file's pixels.
std::optional<Box2d> projected_box(const std::array<Eigen::Vector3d, 8>& corners,
                                   const Eigen::Matrix<double, 3, 4>& projection) {
  EnclosingBox box;
  const auto add = [&](const Eigen::Vector3d& projected) {
    box.add(projected.x() / projected.z(), projected.y() / projected.z());
  };
  const auto edge = [&](int first, int second) {
    const Eigen::Vector3d a = projection * corners[size_t(first)].homogeneous();
    const Eigen::Vector3d b = projection * corners[size_t(second)].homogeneous();
    if (a.z() >= kNear) add(a);
    if (b.z() >= kNear) add(b);
    if ((a.z() < kNear) != (b.z() < kNear)) add(a + (b - a) * (kNear - a.z()) / (b.z() - a.z()));
  };
  for (int i = 0; i < 4; ++i) {
    edge(i, (i + 1) % 4);
    edge(i + 4, (i + 1) % 4 + 4);
    edge(i, i + 4);
  }
  return box.is_empty() ? std::nullopt : std::optional(box.box());
}

void put(const std::string& from, const fs::path& to, bool copies) {
  std::error_code error;
  if (!copies) fs::create_symlink(fs::absolute(from), to, error);
  if (copies || error) fs::copy_file(from, to, error);
  if (error) throw UserError(fmt::format("cannot write '{}': {}", to.string(), error.message()));
}

}  // namespace

std::optional<Annotation> projected_label(const std::string& category,
                                          const Box3d& box,
                                          const Eigen::Matrix<double, 3, 4>& projection,
                                          int width,
                                          int height,
                                          int occlusion) {
  const auto whole = projected_box(box.corners(), projection);
  if (!whole) return std::nullopt;
  const Box2d seen{std::clamp(whole->left, 0.0, width - 1.0),
                   std::clamp(whole->top, 0.0, height - 1.0),
                   std::clamp(whole->right, 0.0, width - 1.0),
                   std::clamp(whole->bottom, 0.0, height - 1.0)};
  if (seen.area() <= 0) return std::nullopt;
  Annotation label;
  label.category = category;
  label.truncation = std::clamp(1 - seen.area() / whole->area(), 0.0, 1.0);
  label.occlusion = occlusion;
  label.alpha = alpha_from_rotation_y(box.rotation_y, box.location.x(), box.location.z());
  constexpr double kHalf = 0.5;  // monodr's pixels against KITTI's
  label.box2d = {seen.left + kHalf, seen.top + kHalf, seen.right + kHalf, seen.bottom + kHalf};
  label.box3d = box;
  return label;
}

void write_kitti_layout(const Conversion& conversion, const std::string& output, bool copies) {
  if (fs::exists(output) && !(fs::is_directory(output) && fs::is_empty(output)))
    throw UserError(
        fmt::format("'{}' is there already and not empty; name another folder", output));
  const fs::path training = fs::path(output) / "training";
  try {
    for (const char* kind : {"image_2", "calib", "velodyne", "label_2", "poses", "tracks_2"})
      fs::create_directories(training / kind);
    fs::create_directories(fs::path(output) / "ImageSets");
  } catch (const fs::filesystem_error& error) {
    throw UserError(fmt::format("cannot make '{}': {}", output, error.code().message()));
  }
  std::string origins;
  std::map<std::string, std::string> splits;
  int number = 0;
  for (const ConvertedDrive& drive : conversion.drives)
    for (const ConvertedFrame& frame : drive.frames) {
      const std::string id = fmt::format("{:06}", number++);
      const auto file = [&](const char* kind, const std::string& ending) {
        return training / kind / (id + ending);
      };
      put(frame.picture, file("image_2", fs::path(frame.picture).extension().string()), copies);
      write_file_atomically(file("calib", ".txt").string(), drive.calibration);
      if (!frame.lidar.empty()) put(frame.lidar, file("velodyne", ".bin"), copies);
      if (frame.labels)
        write_file_atomically(file("label_2", ".txt").string(), format_kitti_labels(*frame.labels));
      if (frame.moment)
        write_file_atomically(file("poses", ".txt").string(), format_moment(*frame.moment));
      if (frame.moment && frame.labels)
        write_file_atomically(file("tracks_2", ".txt").string(), format_tracks(frame.tracks));
      origins += fmt::format("{} {}/{}\n", id, frame.drive, frame.name);
      splits[frame.drive] += id + "\n";
    }
  for (const char* kind : {"velodyne", "label_2", "poses", "tracks_2"})
    if (fs::is_empty(training / kind)) fs::remove(training / kind);
  for (const auto& [drive, ids] : splits)
    write_file_atomically((fs::path(output) / "ImageSets" / (drive + ".txt")).string(), ids);
  write_file_atomically((fs::path(output) / "frames.txt").string(), origins);
}

}  // namespace monodr
