// SPDX-License-Identifier: Apache-2.0
#include "synthetic/sequence.h"

#include <algorithm>
#include <cmath>

#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr double kNearest = 5, kNearestPole = 2;  // m before the camera
constexpr double kLargestTruncation = .30;
constexpr double kTightestCircle = 6;  // m
constexpr int kAttempts = 20;

/// Constant speed and turn rate from a place and heading (of rotation_y) at time 0.
struct Drive {
  double speed = 0;      ///< m/s, the way that it looks
  double turn_rate = 0;  ///< rad/s, of rotation_y

  Eigen::Vector3d place(double heading, double time) const {
    const double half = turn_rate * time / 2;
    const double chord = speed * time * (std::abs(half) < 1e-9 ? 1 : std::sin(half) / half);
    return {chord * std::cos(heading + half), 0, -chord * std::sin(heading + half)};
  }
};

constexpr double kAhead = -M_PI / 2;  // rotation_y of what looks along z

/// Where the camera is `time` after the middle frame, in that frame's axes.
Eigen::Isometry3d camera_at(const Drive& drive, double time) {
  return Eigen::Translation3d(drive.place(kAhead, time)) *
         Eigen::AngleAxisd(drive.turn_rate * time, Eigen::Vector3d::UnitY());
}

Box3d moved(const Box3d& box, const Drive& drive, double time) {
  Box3d result = box;
  result.location += drive.place(box.rotation_y, time);
  result.rotation_y += drive.turn_rate * time;
  return result;
}

Eigen::Vector2d seen(const Eigen::Isometry3d& to_camera, const Eigen::Vector2d& point) {
  const Eigen::Vector3d p = to_camera * Eigen::Vector3d(point.x(), 0, point.y());
  return {p.x(), p.z()};
}

/// All of the scene but its cars, from a camera that has moved over flat ground.
void move_scenery(Scene& scene, const Eigen::Isometry3d& to_camera) {
  const double yaw = std::atan2(to_camera.linear()(0, 2), to_camera.linear()(0, 0));
  for (Pole& pole : scene.poles) {
    const Eigen::Vector2d place = seen(to_camera, {pole.x, pole.z});
    pole.x = place.x();
    pole.z = place.y();
  }
  std::erase_if(scene.poles, [](const Pole& pole) { return pole.z - pole.radius < kNearestPole; });
  for (Wall& wall : scene.walls) {
    wall.from = seen(to_camera, wall.from);
    wall.to = seen(to_camera, wall.to);
  }
  scene.light.to_sun = (to_camera.linear() * scene.light.to_sun.cast<double>()).cast<float>();
  // A point of the street's axis, and how far along the axis its markings are.
  Street& street = scene.street;
  const Eigen::Vector2d axis = seen(to_camera, {street.offset, 0});
  street.heading += yaw;
  street.offset = axis.x() - axis.y() * std::tan(street.heading);
  street.along -= axis.y() / std::cos(street.heading);
}

Scene scene_at(const Scene& middle,
               const std::vector<Drive>& drives,
               const Eigen::Isometry3d& camera,
               double time) {
  Scene scene = middle;
  const Eigen::Isometry3d to_camera = camera.inverse();
  move_scenery(scene, to_camera);
  const double yaw = std::atan2(to_camera.linear()(0, 2), to_camera.linear()(0, 0));
  for (size_t i = 0; i < scene.cars.size(); ++i) {
    Box3d& box = scene.cars[i].box;
    box = moved(box, drives[i], time);
    box.location = to_camera * box.location;
    box.rotation_y = wrap_angle(box.rotation_y + yaw);
  }
  return scene;
}

bool is_seen(const SceneCar& car, const Camera& camera) {
  for (const Eigen::Vector3d& corner : car.box.corners())
    if (corner.z() < kNearest) return false;
  return truncation(amodal_box(car, camera), camera) <= kLargestTruncation;
}

Drive random_drive(SequenceMotion motion, Random& random) {
  const int kind = motion == SequenceMotion::parked   ? 0
                   : motion == SequenceMotion::moving ? 1 + random.below(2)
                                                      : random.below(3);
  Drive drive;
  if (kind == 0) return drive;
  drive.speed = random.uniform(3, 14);
  if (kind == 2)
    drive.turn_rate = std::min(random.uniform(.15, .5), drive.speed / kTightestCircle) *
                      (random.chance(.5) ? 1 : -1);
  return drive;
}

class Sequence {
 public:
  Sequence(Scene middle, int frames, Random& random) : all_(std::move(middle)) {
    camera_.speed = random.uniform(0, 14);
    camera_.turn_rate = random.uniform(-.2, .2) * std::min(1.0, camera_.speed / 5);
    for (int f = 0; f < frames; ++f) times_.push_back((f - frames / 2) * kFramePeriod);
    placed_ = all_;
    placed_.cars.clear();
  }

  /// Takes the car in with this motion, unless it leaves the picture or meets anything.
  bool add(size_t index, const Drive& drive) {
    placed_.cars.push_back(all_.cars[index]);
    drives_.push_back(drive);
    tracks_.push_back(static_cast<int>(index));
    const bool fits = std::all_of(times_.begin(), times_.end(), [&](double time) {
      const Scene scene = at(time);
      return is_seen(scene.cars.back(), scene.camera) && !is_crowded(scene);
    });
    if (fits) return true;
    placed_.cars.pop_back();
    drives_.pop_back();
    tracks_.pop_back();
    return false;
  }

  std::vector<SequenceFrame> frames() const {
    std::vector<SequenceFrame> result;
    const Eigen::Isometry3d to_world = camera_at(camera_, times_.front()).inverse();
    for (const double time : times_) {
      SequenceFrame frame{
          time - times_.front(), to_world * camera_at(camera_, time), at(time), tracks_};
      // Noise of the sensor is of each frame.
      frame.scene.noise_seed = static_cast<std::uint32_t>(result.size());
      result.push_back(std::move(frame));
    }
    return result;
  }

 private:
  Scene at(double time) const { return scene_at(placed_, drives_, camera_at(camera_, time), time); }

  Scene all_, placed_;
  Drive camera_;
  std::vector<double> times_;
  std::vector<Drive> drives_;
  std::vector<int> tracks_;
};

}  // namespace

std::vector<SequenceFrame> random_sequence(std::uint64_t seed,
                                           int index,
                                           int frames,
                                           SequenceMotion motion) {
  Random random(seed, "sequence", static_cast<std::uint64_t>(index));
  Scene middle = random_scene(seed, index);
  middle.light.dapple = 0;  // patches of sun are bound to the camera
  const size_t cars = middle.cars.size();
  Sequence sequence(std::move(middle), frames, random);
  for (size_t i = 0; i < cars; ++i)
    for (int attempt = 0; attempt < kAttempts; ++attempt)
      if (sequence.add(i, random_drive(motion, random))) break;
  return sequence.frames();
}

}  // namespace monodr
