// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "corpus/parametric_car.h"
#include "geometry/box.h"
#include "geometry/camera.h"
#include "settings/dataset.h"
#include "synthetic/car_trim.h"

namespace monodr {

/// Light of a scene in linear RGB, relative to a white surface that faces the sun at noon (about
/// 1).
struct Light {
  Eigen::Vector3f to_sun;           ///< unit vector in the rectified frame (y down)
  Eigen::Vector3f sun;              ///< irradiance of a surface facing the sun
  Eigen::Vector3f ambient;          ///< irradiance from an open sky
  Eigen::Vector3f zenith, horizon;  ///< radiance of the sky
  float dapple = 0;                 ///< share of the sun that trees take from the ground in patches
};

struct SceneCar {
  CarParameters parameters;
  CarMesh surface;  ///< in the object's axes, metres
  Box3d box;
  bool front_lamps_lit = false, rear_lamps_lit = false;
  std::optional<CarTrim> trim;  ///< what is painted on its surface; without: the mesh's plain parts

  Eigen::Vector3d to_scene(const Eigen::Vector3f& point) const;
};

/// A trunk, mast or bollard that stands upright on the ground.
struct Pole {
  double x = 0, z = 0, radius = 0, height = 0;  ///< metres, rectified frame
  Eigen::Vector3f colour{0, 0, 0};              ///< linear RGB
};

/// A flat upright background: a house front or a row of trees.
struct Wall {
  Eigen::Vector2d from{0, 0}, to{0, 0};  ///< (x, z), metres
  float height = 0;
  bool is_foliage = false;
  Eigen::Vector3f colour{0, 0, 0};  ///< linear RGB
  std::uint32_t texture = 0;        ///< seed
};

struct Street {
  double heading = 0;  ///< of its axis, radians from +z towards +x
  double offset = 0;   ///< of its axis to the right of the camera, metres
  double along = 0;    ///< of where its markings begin behind the camera, metres
  double half_width = 4;
  bool grass = false;  ///< beside it; else pavement
  bool centre_line = true, edge_lines = true;
  float asphalt = .1f;  ///< linear grey
};

/// What is in front of the camera. Ground plane y = camera_height in the rectified frame.
struct Scene {
  Camera camera;
  double camera_height = 1.65;
  Light light;
  Street street;
  std::vector<SceneCar> cars;  ///< in the order of the label file
  std::vector<Pole> poles;
  std::vector<Wall> walls;
  float exposure = 1;
  float contrast =
      .45f;  ///< of the camera's tone curve: 0 = sRGB's, 1 = one that crushes shadows and lights
  float noise = .01f;  ///< deviation of the sensor's noise, of 1
  std::uint32_t texture = 0;
  std::uint32_t noise_seed = 0;  ///< of the sensor's noise, beside the texture
};

/// The camera of KITTI's left colour camera (calib of 26 Sep 2011): fx = 721.5377,
/// c = (609.5593, 172.854) in the file's pixel convention, 1242 x 375.
Camera kitti_camera();

/// That calibration as a file calib/F.txt has it, with Tr_imu_to_velo.
const char* kitti_calibration_text();

/// Image extent of a car's surface, hidden or not, beyond the image's borders too.
Box2d amodal_box(const SceneCar& car, const Camera& camera);

/// Share of the amodal box's area outside the image: KITTI's "truncated".
double truncation(const Box2d& amodal, const Camera& camera);

/// Share of each car's pixels in the image that something nearer hides.
std::vector<double> hidden_shares(const Scene& scene);

/// Light, street and background for the cars of a scene: walls stand behind all of them.
void decorate(Scene& scene, Random& random);

/// Frame number `frame` of the scenes of a seed: 2-5 cars at log-uniform depths of 6-45 m with any
/// heading, without collisions, at most 30 % truncated. A quarter of the cars have 10-45 % hidden
/// by a car or a pole, the others at most 4 %. `street` leaves them where they are and parks others
/// beside every second of them, of which up to 60 % may be hidden.
Scene random_scene(std::uint64_t seed, int frame, SceneLook look = SceneLook::plain);

/// Whether two cars, or a car and a pole, stand nearer than 0.4 m to one another.
bool is_crowded(const Scene& scene);

}  // namespace monodr
