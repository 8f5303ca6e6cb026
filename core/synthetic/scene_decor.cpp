// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "synthetic/scene.h"

namespace monodr {
namespace {

using Eigen::Vector2d;
using Eigen::Vector3f;

float uniform(Random& random, double low, double high) {
  return static_cast<float>(random.uniform(low, high));
}

std::uint32_t texture_seed(Random& random) {
  return static_cast<std::uint32_t>(random.uniform(0, 4294967295.0));
}

Light random_light(Random& random) {
  Light light;
  const double azimuth = random.uniform(-M_PI, M_PI);
  const double elevation = random.uniform(20, 62) * M_PI / 180;
  light.to_sun = Eigen::Vector3d(std::cos(elevation) * std::sin(azimuth),
                                 -std::sin(elevation),
                                 std::cos(elevation) * std::cos(azimuth))
                     .cast<float>();
  if (random.chance(.25)) {  // overcast
    light.sun = uniform(random, .02, .15) * Vector3f(1, .98f, .95f);
    light.ambient = uniform(random, .65, 1.0) * Vector3f(.97f, 1, 1.04f);
    light.zenith = uniform(random, .7, 1.0) * Vector3f(.93f, .97f, 1.05f);
    light.horizon = uniform(random, 1.0, 1.4) * Vector3f(.98f, 1, 1.02f);
  } else {
    light.sun = uniform(random, 1.3, 2.2) * Vector3f(1.05f, .97f, .86f);
    light.ambient = uniform(random, .16, .34) * Vector3f(.86f, .98f, 1.16f);
    light.zenith = uniform(random, .7, 1.2) * Vector3f(.25f, .48f, .92f);
    light.horizon = uniform(random, 1.0, 1.6) * Vector3f(.92f, .98f, 1.04f);
    if (random.chance(.45)) light.dapple = uniform(random, .5, 1);
  }
  return light;
}

Street random_street(Random& random) {
  Street street;
  street.heading = random.normal_within_three(0, .12);
  street.offset = random.uniform(-3, 3);
  street.half_width = random.uniform(3, 7);
  street.grass = random.chance(.4);
  street.centre_line = random.chance(.6);
  street.edge_lines = random.chance(.4);
  street.asphalt = uniform(random, .07, .17);
  return street;
}

Wall random_wall(Random& random, double foliage_share) {
  constexpr std::array<std::array<float, 3>, 7> plasters = {{{.62f, .58f, .50f},
                                                             {.70f, .70f, .68f},
                                                             {.55f, .40f, .24f},
                                                             {.48f, .30f, .22f},
                                                             {.36f, .36f, .36f},
                                                             {.60f, .50f, .32f},
                                                             {.30f, .14f, .10f}}};
  Wall wall;
  wall.is_foliage = random.chance(foliage_share);
  wall.texture = texture_seed(random);
  if (wall.is_foliage) {
    wall.height = random.chance(.3) ? uniform(random, 1.2, 2.5) : uniform(random, 5, 13);
    wall.colour = uniform(random, .5, 1.1) * Vector3f(uniform(random, .07, .15), .14f, .045f);
  } else {
    const auto& plaster = plasters[random.below(plasters.size())];
    wall.height = uniform(random, 5, 14);
    wall.colour = uniform(random, .6, 1.1) * Vector3f(plaster[0], plaster[1], plaster[2]);
  }
  return wall;
}

// Coordinates along the street and to the right of its axis.
struct StreetFrame {
  Vector2d along, right, origin;
  explicit StreetFrame(const Street& street)
      : along(std::sin(street.heading), std::cos(street.heading)),
        right(std::cos(street.heading), -std::sin(street.heading)),
        origin(street.offset, 0) {}
  Vector2d point(double a, double r) const { return origin + a * along + r * right; }
};

// Two rows of house fronts and trees, with gaps, and trees at the end of the street.
std::vector<Wall> random_walls(const Scene& scene, Random& random) {
  const StreetFrame frame(scene.street);
  double left = -scene.street.half_width - 2, right = -left, end = 55;
  for (const SceneCar& car : scene.cars)
    for (const Eigen::Vector3d& corner : car.box.corners()) {
      const Vector2d p = Vector2d(corner.x(), corner.z()) - frame.origin;
      left = std::min(left, p.dot(frame.right) - 1.5);
      right = std::max(right, p.dot(frame.right) + 1.5);
      end = std::max(end, p.dot(frame.along) + 6);
    }
  left -= random.uniform(0, 5);
  right += random.uniform(0, 5);
  end += random.uniform(0, 30);
  const double foliage_share = random.uniform(.15, .9);
  std::vector<Wall> walls;
  for (const double side : {left, right})
    for (double a = -10; a < end;) {
      Wall wall = random_wall(random, foliage_share);
      const double length = random.uniform(6, 22), back = random.uniform(0, 3);
      const double r = side + (side < 0 ? -back : back);
      wall.from = frame.point(a, r);
      wall.to = frame.point(std::min(a + length, end), r);
      walls.push_back(wall);
      if (!wall.is_foliage) {  // the gable towards the camera
        Wall gable = wall;
        gable.to = frame.point(a, r + (side < 0 ? -9 : 9));
        walls.push_back(gable);
      }
      a += length + (random.chance(.4) ? random.uniform(1, 6) : 0);
    }
  for (double r = 3 * left; r < 3 * right;) {
    Wall wall = random_wall(random, .75);
    const double length = random.uniform(8, 20);
    wall.from = frame.point(end + random.uniform(0, 4), r);
    wall.to = frame.point(end + random.uniform(0, 4), r + length + 1);
    walls.push_back(wall);
    r += length;
  }
  return walls;
}

}  // namespace

void decorate(Scene& scene, Random& random) {
  scene.light = random_light(random);
  scene.street = random_street(random);
  scene.walls = random_walls(scene, random);
  scene.exposure = uniform(random, .8, 1.25);
  scene.noise = uniform(random, .006, .016);
  scene.texture = texture_seed(random);
}

}  // namespace monodr
