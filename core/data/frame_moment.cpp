// SPDX-License-Identifier: Apache-2.0
#include "data/frame_moment.h"

#include <cmath>

#include "base/error.h"
#include "base/lines.h"
#include "base/text.h"

namespace monodr {
namespace {

constexpr double kEarthRadius = 6378137;  // m
constexpr double kLeastRotation = 1e-3;   // how far rows of a rotation may be from unit vectors
const char* const kUnknownTrack = "-";

}  // namespace

FrameMoment read_moment(const std::string& path) {
  const std::string content = read_file(path);
  FrameMoment moment;
  bool has_sequence = false, has_time = false, has_pose = false;
  for (const NumberedLine& line : numbered_lines(content, path)) {
    const std::vector<std::string_view> words = split_fields(line.text);
    const SourceLocation where{path, line.number};
    const auto expect = [&](size_t count) {
      if (words.size() != count + 1)
        throw UserError(
            where,
            fmt::format("'{}' has {} values, {} are expected", words[0], words.size() - 1, count));
    };
    if (words[0] == "sequence") {
      expect(1);
      moment.sequence = words[1];
      has_sequence = true;
    } else if (words[0] == "time") {
      expect(1);
      moment.time = parse_number(words[1], where, "time");
      has_time = true;
    } else if (words[0] == "camera_to_world") {
      expect(12);
      for (int i = 0; i < 12; ++i)
        moment.camera_to_world.matrix()(i / 4, i % 4) =
            parse_number(words[size_t(i) + 1], where, "camera_to_world");
      const Eigen::Matrix3d turn = moment.camera_to_world.linear();
      if (!(turn * turn.transpose()).isIdentity(kLeastRotation) || turn.determinant() < 0)
        throw UserError(where, "camera_to_world's first three columns are no rotation");
      has_pose = true;
    } else {
      throw UserError(where,
                      fmt::format("'{}' is none of sequence, time and camera_to_world", words[0]));
    }
  }
  if (!has_sequence || !has_time || !has_pose)
    throw UserError(
        fmt::format("'{}' has no line '{}'; make the file anew with 'runexp data convert'",
                    path,
                    !has_sequence ? "sequence"
                    : !has_time   ? "time"
                                  : "camera_to_world"));
  return moment;
}

std::string format_moment(const FrameMoment& moment) {
  std::string text =
      fmt::format("sequence {}\ntime {}\ncamera_to_world", moment.sequence, moment.time);
  for (int i = 0; i < 12; ++i)
    text += fmt::format(" {}", moment.camera_to_world.matrix()(i / 4, i % 4));
  return text + "\n";
}

std::vector<std::string> read_tracks(const std::string& path, size_t labels) {
  const std::string content = read_file(path);
  std::vector<std::string> tracks;
  for (const NumberedLine& line : numbered_lines(content, path)) {
    if (split_fields(line.text).size() != 1)
      throw UserError({path, line.number},
                      fmt::format("'{}' is not the name of a track", line.text));
    tracks.emplace_back(line.text == kUnknownTrack ? "" : line.text);
  }
  if (tracks.size() != labels)
    throw UserError(fmt::format(
        "'{}' has {} lines, but the frame's label_2 has {}: one track a label is expected",
        path,
        tracks.size(),
        labels));
  return tracks;
}

std::string format_tracks(const std::vector<std::string>& tracks) {
  std::string text;
  for (const std::string& track : tracks) text += (track.empty() ? kUnknownTrack : track) + "\n";
  return text;
}

double mercator_scale(double latitude) {
  return std::cos(latitude * M_PI / 180);
}

Eigen::Isometry3d imu_to_world(const InertialPose& pose, double scale) {
  const double x = scale * kEarthRadius * pose.longitude * M_PI / 180;
  const double y = scale * kEarthRadius * std::log(std::tan((90 + pose.latitude) * M_PI / 360));
  return Eigen::Translation3d(x, y, pose.altitude) *
         (Eigen::AngleAxisd(pose.yaw, Eigen::Vector3d::UnitZ()) *
          Eigen::AngleAxisd(pose.pitch, Eigen::Vector3d::UnitY()) *
          Eigen::AngleAxisd(pose.roll, Eigen::Vector3d::UnitX()));
}

InertialPose inertial_pose(const Eigen::Isometry3d& imu_to_world, double scale) {
  const Eigen::Vector3d place = imu_to_world.translation();
  const Eigen::Matrix3d turn = imu_to_world.linear();
  InertialPose pose;
  pose.longitude = place.x() / (scale * kEarthRadius) * 180 / M_PI;
  pose.latitude = std::atan(std::exp(place.y() / (scale * kEarthRadius))) * 360 / M_PI - 90;
  pose.altitude = place.z();
  pose.yaw = std::atan2(turn(1, 0), turn(0, 0));
  pose.pitch = std::atan2(-turn(2, 0), std::hypot(turn(2, 1), turn(2, 2)));
  pose.roll = std::atan2(turn(2, 1), turn(2, 2));
  return pose;
}

InertialPose inertial_pose_of(const std::vector<double>& row, const std::string& path) {
  if (row.size() < 6)
    throw UserError(fmt::format(
        "'{}' has {} numbers, but latitude, longitude, altitude, roll, pitch and yaw are six; "
        "restore the file from the dataset",
        path,
        row.size()));
  return {row[0], row[1], row[2], row[3], row[4], row[5]};
}

}  // namespace monodr
