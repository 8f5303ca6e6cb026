// SPDX-License-Identifier: Apache-2.0
#include "synthetic/sequence_files.h"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <cmath>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/text.h"
#include "data/frame_moment.h"
#include "synthetic/scene_renderer.h"

namespace monodr {
namespace {

namespace fs = std::filesystem;

/// The matrix that a line of kitti_calibration_text() holds, continued to an affine map.
Eigen::Affine3d calibrated(const std::string& name, int columns = 4) {
  std::istringstream text(kitti_calibration_text());
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(name + ":")) continue;
    std::istringstream numbers(line.substr(name.size() + 1));
    Eigen::Affine3d map = Eigen::Affine3d::Identity();
    for (int row = 0; row < 3; ++row)
      for (int column = 0; column < columns; ++column) numbers >> map.matrix()(row, column);
    return map;
  }
  throw CheckFailure(fmt::format("the made-up scenes' calibration has no '{}'", name));
}

Eigen::Affine3d velodyne_to_rectified() {
  return calibrated("R0_rect", 3) * calibrated("Tr_velo_to_cam");
}

template <typename Matrix>
std::string numbers(const Matrix& matrix) {
  std::string text;
  for (int row = 0; row < matrix.rows(); ++row)
    for (int column = 0; column < matrix.cols(); ++column)
      text += fmt::format(" {}", double(matrix(row, column)));
  return text;
}

std::string rigid_file(const Eigen::Affine3d& map) {
  return fmt::format("calib_time: 15-Mar-2012 11:37:16\nR:{}\nT:{}\n",
                     numbers(map.linear()),
                     numbers(map.translation()));
}

/// Poses of the inertial unit, whose world has nothing to do with the sequence's.
std::vector<InertialPose> inertial_poses(const std::vector<SequenceFrame>& frames) {
  Eigen::Isometry3d to_camera = Eigen::Isometry3d::Identity();
  to_camera.matrix() = (velodyne_to_rectified() * calibrated("Tr_imu_to_velo")).matrix();
  const InertialPose karlsruhe{49.015, 8.4342, 116, 0, 0, 0.7};
  const double scale = mercator_scale(karlsruhe.latitude);
  const Eigen::Isometry3d world =
      imu_to_world(karlsruhe, scale) * to_camera.inverse() * frames[0].camera_to_world.inverse();
  std::vector<InertialPose> poses;
  for (const SequenceFrame& frame : frames)
    poses.push_back(inertial_pose(world * frame.camera_to_world * to_camera, scale));
  return poses;
}

/// One car's boxes in the frames that have it.
struct Tracklet {
  int first_frame = 0;
  std::vector<Box3d> boxes;
};

std::map<int, Tracklet> tracklets_of(const std::vector<SequenceFrame>& frames) {
  std::map<int, Tracklet> tracklets;
  for (size_t f = 0; f < frames.size(); ++f)
    for (size_t i = 0; i < frames[f].tracks.size(); ++i) {
      const auto [found, is_new] = tracklets.try_emplace(frames[f].tracks[i]);
      if (is_new) found->second.first_frame = static_cast<int>(f);
      found->second.boxes.push_back(frames[f].scene.cars[i].box);
    }
  return tracklets;
}

std::string pose_element(const Box3d& box) {
  const Eigen::Affine3d to_velodyne = velodyne_to_rectified().inverse();
  const Eigen::Vector3d place = to_velodyne * box.location;
  const Eigen::Vector3d ahead =
      to_velodyne.linear() *
      Eigen::Vector3d(std::cos(box.rotation_y), 0, -std::sin(box.rotation_y));
  return fmt::format(
      "<item><tx>{}</tx><ty>{}</ty><tz>{}</tz><rx>0</rx><ry>0</ry><rz>{}</rz><state>2</state>"
      "<occlusion>-1</occlusion><occlusion_kf>0</occlusion_kf><truncation>-1</truncation>"
      "<amt_occlusion>-1</amt_occlusion><amt_border_l>-1</amt_border_l></item>\n",
      place.x(),
      place.y(),
      place.z(),
      std::atan2(ahead.y(), ahead.x()));
}

std::string tracklet_file(const std::vector<SequenceFrame>& frames) {
  const auto tracklets = tracklets_of(frames);
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\" ?>\n<!DOCTYPE "
      "boost_serialization>\n<boost_serialization signature=\"serialization::archive\" "
      "version=\"9\">\n<tracklets class_id=\"0\" tracking_level=\"0\" version=\"0\">\n"
      "<count>{}</count><item_version>1</item_version>\n",
      tracklets.size());
  for (const auto& [track, tracklet] : tracklets) {
    const Box3d& box = tracklet.boxes[0];
    text += fmt::format(
        "<item><objectType>Car</objectType><h>{}</h><w>{}</w><l>{}</l><first_frame>{}</"
        "first_frame>\n"
        "<poses><count>{}</count><item_version>2</item_version>\n",
        box.height,
        box.width,
        box.length,
        tracklet.first_frame,
        tracklet.boxes.size());
    for (const Box3d& pose : tracklet.boxes) text += pose_element(pose);
    text += "</poses><finished>1</finished></item>\n";
  }
  return text + "</tracklets>\n</boost_serialization>\n";
}

}  // namespace

std::string sequence_name(int index) {
  return fmt::format("2011_09_26_drive_{:04}_sync", index);
}

void write_moment(const fs::path& training,
                  const std::string& id,
                  const std::string& sequence,
                  const SequenceFrame& frame) {
  std::vector<std::string> tracks;
  for (const int track : frame.tracks) tracks.push_back(std::to_string(track));
  write_file_atomically((training / "poses" / (id + ".txt")).string(),
                        format_moment({sequence, frame.time, frame.camera_to_world}));
  write_file_atomically((training / "tracks_2" / (id + ".txt")).string(), format_tracks(tracks));
}

void write_raw_calibration(const fs::path& day) {
  std::string cameras = "calib_time: 09-Jan-2012 13:57:47\ncorner_dist: 9.950000e-02\n";
  const Camera camera = kitti_camera();
  for (int i = 0; i < 4; ++i)
    cameras += fmt::format(
        "S_rect_{0:02}: {1} {2}\nR_rect_{0:02}:{3}\nP_rect_{0:02}:{4}\n",
        i,
        camera.width,
        camera.height,
        numbers(i == 0 ? calibrated("R0_rect", 3).linear() : Eigen::Matrix3d::Identity().eval()),
        numbers(calibrated(fmt::format("P{}", i)).matrix().topRows<3>()));
  write_file_atomically((day / "calib_cam_to_cam.txt").string(), cameras);
  write_file_atomically((day / "calib_velo_to_cam.txt").string(),
                        rigid_file(calibrated("Tr_velo_to_cam")));
  write_file_atomically((day / "calib_imu_to_velo.txt").string(),
                        rigid_file(calibrated("Tr_imu_to_velo")));
}

void write_raw_drive(const fs::path& day,
                     const std::string& name,
                     const std::vector<SequenceFrame>& frames) {
  const fs::path drive = day / name;
  fs::create_directories(drive / "image_02" / "data");
  fs::create_directories(drive / "oxts" / "data");
  const std::vector<InertialPose> poses = inertial_poses(frames);
  std::string times;
  for (size_t f = 0; f < frames.size(); ++f) {
    const std::string stem = fmt::format("{:010}", f);
    save_png((drive / "image_02" / "data" / (stem + ".png")).string(),
             render_scene(frames[f].scene).image);
    const InertialPose& pose = poses[f];
    std::string row = fmt::format("{} {} {} {} {} {}",
                                  pose.latitude,
                                  pose.longitude,
                                  pose.altitude,
                                  pose.roll,
                                  pose.pitch,
                                  pose.yaw);
    constexpr int kNumbers = 30;
    for (int i = 6; i < kNumbers; ++i) row += " 0";
    write_file_atomically((drive / "oxts" / "data" / (stem + ".txt")).string(), row + "\n");
    times += fmt::format("2011-09-26 13:02:{:012.9f}\n", frames[f].time);
  }
  write_file_atomically((drive / "image_02" / "timestamps.txt").string(), times);
  write_file_atomically((drive / "tracklet_labels.xml").string(), tracklet_file(frames));
}

}  // namespace monodr
