// SPDX-License-Identifier: Apache-2.0
#include "synthetic/car_shading.h"

#include <algorithm>
#include <cmath>

#include "synthetic/backdrop.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

float mix(float a, float b, float t) {
  return a + (b - a) * t;
}

Vector3f diffuse_light(const Light& light, const Vector3f& normal, float asphalt) {
  const float up = .5f - .5f * normal.y();
  const Vector3f bounce =
      asphalt * 1.3f * (light.ambient + std::max(0.f, -light.to_sun.y()) * light.sun);
  return std::max(0.f, normal.dot(light.to_sun)) * light.sun + up * light.ambient +
         (1 - up) * bounce;
}

// What a dark line leaves of the paint at this distance from its middle; lines thinner than a pixel
// grow fainter instead of breaking up.
float beside_line(float distance, float half_width, float footprint, float darkest) {
  const float soft = std::max(footprint, .004f);
  const float cover = std::clamp((half_width - std::abs(distance)) / soft + .5f, 0.f, 1.f) *
                      std::min(1.f, 2 * half_width / soft);
  return mix(1, darkest, cover);
}

// Seams of bonnet, boot lid and bumpers on the ends of the car.
float end_seams(const CarParameters& car,
                const Vector3f& p,
                const Vector3f& normal,
                float footprint) {
  if (std::abs(normal.x()) < .55f) return 1;
  const float height = car.dimensions[0], half_width = car.dimensions[1] / 2;
  const float up = (.5f - p.y() / height), belt = p.x() > 0 ? car.nose_height : car.tail_height;
  const float bumper = mix(car.clearance, belt, .52f), across = std::abs(p.z()) / half_width;
  const float lid = 1 - (p.x() > 0 ? car.front_lamp_width : car.rear_lamp_width);
  const float seam = beside_line((up - bumper) * height, .008f, footprint, .2f);
  if (up < bumper) return seam;
  return seam * beside_line((across / .93f - lid) * half_width, .007f, footprint, .2f);
}

// Gaps between doors and panels and the handles: how much of the paint is left, 0..1.
float panel_gaps(const CarParameters& car,
                 const Vector3f& p,
                 const Vector3f& normal,
                 float footprint) {
  if (std::abs(normal.z()) < .6f) return 1;
  const float height = car.dimensions[0], length = car.dimensions[2];
  const float share = .5f - p.x() / length, up = .5f - p.y() / height;
  const float belt = mix(car.belt_front,
                         car.belt_rear,
                         std::clamp((share - car.cowl) / (car.deck - car.cowl), 0.f, 1.f));
  if (up > belt) return 1;
  constexpr float half_gap = .007f;
  const float middle = mix(car.windscreen_top, car.side_window_end, car.rear_doors ? .38f : .58f);
  const float front = car.front_axle + (car.wheel_radius * height * 1.25f + .04f) / length;
  const float rear =
      car.rear_doors ? std::min(car.rear_axle - .02f, car.side_window_end - .02f) : middle;
  const bool above_sill = up > car.clearance + .05f;
  float left = 1;
  for (const float line : {front, middle, rear}) {
    if (above_sill) left *= beside_line((share - line) * length, half_gap, footprint, .12f);
    // A handle lies before the rear end of its door, below the belt.
    const float ahead = (line - share) * length;
    if (line != front && ahead > .06f && ahead < .24f)
      left *= beside_line((up - belt + .06f) * height, .016f, footprint, .4f);
  }
  if (share > front && share < rear)
    left *= beside_line((up - car.clearance - .05f) * height, half_gap, footprint, .25f);
  return left;
}

float spokes(const CarParameters& car, const Vector3f& p) {
  const float height = car.dimensions[0], length = car.dimensions[2];
  const float axle = p.x() > 0 ? car.front_axle : car.rear_axle;
  const float dx = p.x() - length * (.5f - axle);
  const float dy = p.y() - (.5f - car.wheel_radius) * height;
  const float radius = std::hypot(dx, dy) / (car.wheel_radius * height);
  const float angle = std::atan2(dy, dx);
  const int count = 5 + static_cast<int>(car.rim_brightness * 97) % 4;
  const bool open = radius > .18f && radius < .5f && std::cos(count * angle) < -.1f;
  return open ? .12f : 1;
}

float characters(const CarParameters& car, const Vector3f& p) {
  return is_character(car, p.z() / (.30f * car.dimensions[1] / 2)) ? .25f : 1;
}

// Two reflectors in a darker housing.
float reflectors(const CarParameters& car, const Vector3f& p) {
  const float across = std::abs(p.z()) / (car.dimensions[1] / 2);
  const float u = (across / .88f - 1 + car.front_lamp_width) / car.front_lamp_width;
  const float from_middle = std::min(std::abs(u - .28f), std::abs(u - .75f));
  return mix(1.15f, .22f, std::clamp((from_middle - .12f) / .08f, 0.f, 1.f));
}

// What the lamps at an end radiate, linear RGB.
Vector3f lit_lamp(const SceneCar& car, bool front) {
  if (front) return car.front_lamps_lit ? Vector3f(1.3f, 1.2f, 1) : Vector3f(0, 0, 0);
  return car.rear_lamps_lit ? Vector3f(.8f, .04f, .03f) : Vector3f(0, 0, 0);
}

Finish finish_of(const SceneCar& car, const SurfacePoint& point) {
  const CarParameters& c = car.parameters;
  const Material material = car.trim
                                ? under_trim(c, point.material, point.position, point.object_normal)
                                : point.material;
  Finish finish;
  finish.albedo = to_linear(material_colour(material, c));
  switch (material) {
    case Material::paint:
      finish.albedo *= panel_gaps(c, point.position, point.object_normal, point.footprint) *
                       end_seams(c, point.position, point.object_normal, point.footprint);
      finish.mirror = .045f;
      finish.highlight = 1.6f;
      finish.sharpness = 220;
      break;
    case Material::window:
      finish.albedo *= point.position.y() > -.28f * c.dimensions[0] ? .7f : 1.3f;
      finish.mirror = .075f;
      finish.highlight = 6;
      finish.sharpness = 900;
      break;
    case Material::front_lamp:
      finish.albedo *= reflectors(c, point.position);
      finish.mirror = .10f;
      finish.highlight = 4;
      finish.sharpness = 60;
      finish.glow = lit_lamp(car, true);
      break;
    case Material::rear_lamp:
      finish.mirror = .06f;
      finish.highlight = 1;
      finish.sharpness = 60;
      finish.glow = lit_lamp(car, false);
      break;
    case Material::rim:
      finish.albedo *= spokes(c, point.position);
      finish.mirror = .05f;
      break;
    case Material::plate:
      finish.albedo *= characters(c, point.position);
      break;
    case Material::grille:
      finish.albedo *= std::sin(point.position.y() * 190) > 0 ? 1.8f : .6f;
      break;
    case Material::tyre:
    case Material::underbody:
      break;
  }
  if (car.trim)
    apply_trim(*car.trim,
               c,
               material,
               point.position,
               point.object_normal,
               lit_lamp(car, point.position.x() > 0),
               finish);
  return finish;
}

}  // namespace

Vector3f to_linear(const Vector3f& colour) {
  return colour.array().max(0.f).pow(2.2f);
}

Vector3f shade_matt(const Scene& scene, const Vector3f& albedo, const Vector3f& normal) {
  return albedo.cwiseProduct(diffuse_light(scene.light, normal, scene.street.asphalt));
}

Vector3f shade_car(const Scene& scene, const SceneCar& car, const SurfacePoint& point) {
  const Finish finish = finish_of(car, point);
  const Light& light = scene.light;
  Vector3f normal = point.normal;
  const float facing = normal.dot(point.to_eye);
  // Interpolated normals may turn away at the outline.
  if (facing < .02f) normal = (normal + (.02f - facing) * point.to_eye).normalized();

  // Near the ground the body stands in its own shade.
  const float shade = .35f + .65f * std::clamp(point.height / .45f, 0.f, 1.f);
  Vector3f radiance =
      shade * finish.albedo.cwiseProduct(diffuse_light(light, normal, scene.street.asphalt));
  if (finish.mirror > 0) {
    const float cosine = std::clamp(normal.dot(point.to_eye), 0.f, 1.f);
    const float grazing = 1 - cosine, squared = grazing * grazing;
    const float reflectance = finish.mirror + (1 - finish.mirror) * squared * squared * grazing;
    const Vector3f mirrored = 2 * normal.dot(point.to_eye) * normal - point.to_eye;
    radiance = (1 - reflectance) * radiance + reflectance * shade * surroundings(scene, mirrored);
  }
  if (finish.highlight > 0) {
    const Vector3f half = (point.to_eye + light.to_sun).normalized();
    const float aligned = std::max(0.f, normal.dot(half));
    if (normal.dot(light.to_sun) > 0)
      radiance += finish.highlight * std::pow(aligned, finish.sharpness) * light.sun;
  }
  return radiance + finish.glow;
}

}  // namespace monodr
