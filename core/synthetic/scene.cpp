// SPDX-License-Identifier: Apache-2.0
#include "synthetic/scene.h"

#include <algorithm>
#include <cmath>

#include "geometry/enclosing_box.h"
#include "geometry/overlap.h"
#include "geometry/rotation.h"
#include "synthetic/visibility.h"

namespace monodr {
namespace {

// Metres from the camera: where cars are placed, and the nearest trunk or mast.
constexpr double nearest_car = 6, farthest_car = 45, nearest_occluder = 2.5;
constexpr double largest_truncation = .30;
constexpr double least_hidden = .10, most_hidden = .45, hardly_hidden = .04;
constexpr double most_hidden_in_rows = .6;

SceneCar random_scene_car(Random& random) {
  SceneCar car;
  car.parameters = random_car(random);
  car.surface = car_mesh(car.parameters);
  car.front_lamps_lit = random.chance(.08);
  car.rear_lamps_lit = random.chance(.15);
  const Eigen::Vector3f& d = car.parameters.dimensions;
  car.box.height = d[0];
  car.box.width = d[1];
  car.box.length = d[2];
  return car;
}

// Puts the car where its centre appears in image column `u`.
void place(SceneCar& car, const Scene& scene, double u, double depth, double heading) {
  const Intrinsics& k = scene.camera.intrinsics;
  const double x = (u - k.cx) / k.fx * (depth + scene.camera.offset.z()) - scene.camera.offset.x();
  car.box.location = {x, scene.camera_height, depth};
  car.box.rotation_y = heading;
}

bool collides(const SceneCar& car, const Scene& scene, double room = .8) {
  Box3d grown = car.box;
  grown.length += room;
  grown.width += room;
  for (const SceneCar& other : scene.cars)
    if (footprint_intersection(grown, other.box) > 0) return true;
  for (const Pole& pole : scene.poles) {
    Box3d post;
    post.location = {pole.x, scene.camera_height, pole.z};
    post.height = 1;
    post.length = post.width = 2 * pole.radius;
    if (footprint_intersection(grown, post) > 0) return true;
  }
  return false;
}

}  // namespace

bool is_crowded(const Scene& scene) {
  Scene before = scene;
  before.cars.clear();
  for (const SceneCar& car : scene.cars) {
    if (collides(car, before)) return true;
    before.cars.push_back(car);
  }
  return false;
}

namespace {

bool overlaps_image(const SceneCar& car, const Camera& camera) {
  const Box2d box = amodal_box(car, camera);
  return truncation(box, camera) <= largest_truncation;
}

// Whether every car is hidden as its plan says; `planned[i]` = shall be partly hidden. A car that
// shall be may still be free: it gets its occluder later.
bool hidden_as_planned(const Scene& scene, const std::vector<bool>& planned) {
  const std::vector<double> hidden = hidden_shares(scene);
  for (size_t i = 0; i < hidden.size(); ++i) {
    const bool is_free = hidden[i] <= hardly_hidden;
    const bool is_partly = hidden[i] >= least_hidden && hidden[i] <= most_hidden;
    if (!is_free && !(planned[i] && is_partly)) return false;
  }
  return true;
}

bool add_car(Scene& scene, std::vector<bool>& planned, bool shall_be_hidden, Random& random) {
  scene.cars.push_back(random_scene_car(random));
  planned.push_back(shall_be_hidden);
  SceneCar& car = scene.cars.back();
  for (int attempt = 0; attempt < 30; ++attempt) {
    double u = random.uniform(-80, scene.camera.width + 80);
    double depth = std::exp(random.uniform(std::log(nearest_car), std::log(farthest_car)));
    if (shall_be_hidden && scene.cars.size() > 1 && attempt < 12) {
      // Behind the edge of a car that is there already.
      const SceneCar& front = scene.cars[random.below(static_cast<int>(scene.cars.size()) - 1)];
      const Box2d box = amodal_box(front, scene.camera);
      u = random.uniform(box.left - .4 * box.width(), box.right + .4 * box.width());
      depth = std::min(farthest_car, front.box.location.z() * random.uniform(1.2, 2.2));
    }
    place(car, scene, u, depth, random.uniform(-M_PI, M_PI));
    const SceneCar moved = std::move(car);
    scene.cars.pop_back();
    const bool fits = !collides(moved, scene) && overlaps_image(moved, scene.camera);
    scene.cars.push_back(moved);
    if (fits && hidden_as_planned(scene, planned)) return true;
  }
  scene.cars.pop_back();
  planned.pop_back();
  return false;
}

// A trunk or mast before the car's box, as wide as it takes to hide 10-45 % of it.
void add_occluder(Scene& scene, const std::vector<bool>& planned, size_t target, Random& random) {
  for (int attempt = 0; attempt < 25; ++attempt) {
    const SceneCar& car = scene.cars[target];
    const Box2d box = amodal_box(car, scene.camera);
    const double z = car.box.location.z() * random.uniform(.45, .85);
    const double u = random.uniform(box.left, box.right);
    const double wanted = random.uniform(.13, .40) * box.width();
    Pole pole;
    pole.z = z;
    pole.x = (u - scene.camera.intrinsics.cx) / scene.camera.intrinsics.fx * z;
    pole.radius = wanted / 2 * z / scene.camera.intrinsics.fx;
    if (pole.radius > .32 || pole.radius < .04 || z < nearest_occluder) continue;
    const bool is_trunk = pole.radius > .11;
    pole.height = is_trunk ? random.uniform(5, 9) : random.uniform(2.5, 7);
    if (!is_trunk && random.chance(.3)) pole.height = random.uniform(.9, 1.3);
    pole.colour = Eigen::Vector3f::Constant(static_cast<float>(random.uniform(.05, .3)));
    if (is_trunk) pole.colour = pole.colour.x() * Eigen::Vector3f(.5f, .36f, .25f);
    scene.poles.push_back(pole);
    bool free_ground = true;
    for (const SceneCar& other : scene.cars) {
      Box3d post;
      post.location = {pole.x, scene.camera_height, pole.z};
      post.height = 1;
      post.length = post.width = 2 * pole.radius + .2;
      free_ground = free_ground && footprint_intersection(other.box, post) <= 0;
    }
    if (free_ground && hidden_as_planned(scene, planned) &&
        hidden_shares(scene)[target] >= least_hidden)
      return;
    scene.poles.pop_back();
  }
}

}  // namespace

Eigen::Vector3d SceneCar::to_scene(const Eigen::Vector3f& point) const {
  return yaw_matrix(box.rotation_y) * point.cast<double>() + box.centre();
}

Camera kitti_camera() {
  const double fx = 721.5377, cx = 609.5593, cy = 172.854;
  const Eigen::Vector3d last(44.85728, .2163791, .002745884);  // column 4 of P2
  Camera camera;
  // t = K^-1 p4 with the file's centre, then the half pixel between the conventions.
  camera.offset = {(last.x() - cx * last.z()) / fx, (last.y() - cy * last.z()) / fx, last.z()};
  camera.intrinsics = {fx, fx, cx + .5, cy + .5};
  camera.width = 1242;
  camera.height = 375;
  return camera;
}

const char* kitti_calibration_text() {
  return "P0: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 0.000000000000e+00 "
         "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 0.000000000000e+00 "
         "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 0.000000000000e+00\n"
         "P1: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 -3.875744000000e+02 "
         "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 0.000000000000e+00 "
         "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 0.000000000000e+00\n"
         "P2: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 4.485728000000e+01 "
         "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 2.163791000000e-01 "
         "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 2.745884000000e-03\n"
         "P3: 7.215377000000e+02 0.000000000000e+00 6.095593000000e+02 -3.395242000000e+02 "
         "0.000000000000e+00 7.215377000000e+02 1.728540000000e+02 2.199936000000e+00 "
         "0.000000000000e+00 0.000000000000e+00 1.000000000000e+00 2.729905000000e-03\n"
         "R0_rect: 9.999239000000e-01 9.837760000000e-03 -7.445048000000e-03 -9.869795000000e-03 "
         "9.999421000000e-01 -4.278459000000e-03 7.402527000000e-03 4.351614000000e-03 "
         "9.999631000000e-01\n"
         "Tr_velo_to_cam: 7.533745000000e-03 -9.999714000000e-01 -6.166020000000e-04 "
         "-4.069766000000e-03 1.480249000000e-02 7.280733000000e-04 -9.998902000000e-01 "
         "-7.631618000000e-02 9.998621000000e-01 7.523790000000e-03 1.480755000000e-02 "
         "-2.717806000000e-01\n"
         "Tr_imu_to_velo: 9.999976000000e-01 7.553071000000e-04 -2.035826000000e-03 "
         "-8.086759000000e-01 -7.854027000000e-04 9.998898000000e-01 -1.482298000000e-02 "
         "3.195559000000e-01 2.024406000000e-03 1.482454000000e-02 9.998881000000e-01 "
         "-7.997231000000e-01\n";
}

Box2d amodal_box(const SceneCar& car, const Camera& camera) {
  EnclosingBox box;
  const Eigen::Matrix3d rotation = yaw_matrix(car.box.rotation_y);
  const Eigen::Vector3d centre = car.box.centre();
  for (const Eigen::Vector3f& v : car.surface.mesh.vertices) {
    const Eigen::Vector3d point = rotation * v.cast<double>() + centre;
    const Eigen::Vector2d pixel = camera.project(point);
    box.add(pixel.x(), pixel.y());
  }
  return box.box();
}

double truncation(const Box2d& amodal, const Camera& camera) {
  return 1 - amodal.clipped_to(camera.width, camera.height).area() / amodal.area();
}

std::vector<double> hidden_shares(const Scene& scene) {
  const std::vector<SceneObject> objects = scene_objects(scene);
  const size_t cars = scene.cars.size();
  VisibilityBuffer together(scene.camera, 1);
  for (size_t i = 0; i < objects.size(); ++i) together.draw(objects[i], static_cast<int>(i));
  std::vector<double> result;
  for (size_t i = 0; i < cars; ++i) {
    VisibilityBuffer alone(scene.camera, 1);
    alone.draw(objects[i], static_cast<int>(i));
    const double all = alone.count(static_cast<int>(i));
    result.push_back(all > 0 ? 1 - together.count(static_cast<int>(i)) / all : 1);
  }
  return result;
}

namespace {

// Beside, before or behind a car, as cars are parked; false where there is no room.
bool park_beside(Scene& scene, const SceneCar& parked, Random& random) {
  SceneCar car = random_scene_car(random);
  const bool in_line = random.chance(.5);
  const double room = in_line ? random.uniform(.5, 1.5) : random.uniform(.5, 1.1);
  const double apart = room + (in_line ? (parked.box.length + car.box.length) / 2
                                       : (parked.box.width + car.box.width) / 2);
  Eigen::Vector3d step(0, 0, 0);
  step[in_line ? 0 : 2] = random.chance(.5) ? apart : -apart;
  const Eigen::Vector3d place = parked.box.location + yaw_matrix(parked.box.rotation_y) * step;
  car.box.location = {place.x(), scene.camera_height, place.z()};
  car.box.rotation_y =
      parked.box.rotation_y + random.normal_within_three(0, .04) + (random.chance(.3) ? M_PI : 0);
  if (place.z() < nearest_car || place.z() > farthest_car || !overlaps_image(car, scene.camera) ||
      collides(car, scene, .2))
    return false;
  scene.cars.push_back(car);
  const std::vector<double> hidden = hidden_shares(scene);
  if (*std::max_element(hidden.begin(), hidden.end()) <= most_hidden_in_rows) return true;
  scene.cars.pop_back();
  return false;
}

// From a stream of its own, so that the cars of the plain look stand where they stood.
void paint_as_on_the_street(Scene& scene, std::uint64_t seed, int frame) {
  Random random(seed, "street look", frame);
  const std::vector<SceneCar> alone = scene.cars;
  for (const SceneCar& car : alone)
    if (random.chance(.5)) park_beside(scene, car, random);
  for (SceneCar& car : scene.cars) {
    car.trim = random_trim(random, car.parameters);
    car.rear_lamps_lit = random.chance(.2);
    // Greys, black and white are what most cars wear.
    if (random.chance(.35)) {
      const float grey = static_cast<float>(random.uniform(.02, .9));
      car.parameters.paint = car.parameters.paint * .15f + .85f * grey * Eigen::Vector3f::Ones();
    }
  }
  scene.exposure *= std::exp(static_cast<float>(random.normal_within_three(0, .4)));
  scene.contrast = static_cast<float>(random.uniform(.3, 1.4));
}

}  // namespace

Scene random_scene(std::uint64_t seed, int frame, SceneLook look) {
  Random random(seed, "scene", frame);
  Scene scene;
  scene.camera = kitti_camera();
  scene.camera_height = std::clamp(random.normal_within_three(1.65, .05), 1.5, 1.8);
  const int cars = 2 + random.below(4);
  std::vector<bool> planned;
  for (int i = 0; i < cars; ++i) add_car(scene, planned, random.chance(.25), random);
  const std::vector<double> hidden = hidden_shares(scene);
  for (size_t i = 0; i < scene.cars.size(); ++i)
    if (planned[i] && hidden[i] < least_hidden) add_occluder(scene, planned, i, random);
  decorate(scene, random);
  if (look == SceneLook::street) paint_as_on_the_street(scene, seed, frame);
  return scene;
}

}  // namespace monodr
