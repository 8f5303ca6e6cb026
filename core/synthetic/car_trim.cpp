// SPDX-License-Identifier: Apache-2.0
#include "synthetic/car_trim.h"

#include <algorithm>
#include <cmath>

#include "synthetic/backdrop.h"

namespace monodr {
namespace {

using Eigen::Vector3f;
using Lamp = CarTrim::Lamp;

// Metres behind the bumper's foremost point where an end of the car ends.
constexpr float end_depth = .42f;
constexpr float plate_half_width = .26f, plate_height = .115f;  // metres, Europe's

float between(Random& random, double low, double high) {
  return static_cast<float>(random.uniform(low, high));
}

// A point on an end of the car.
struct EndPoint {
  bool front = false;
  float across = 0, up = 0;
  float behind = 0;     // metres behind the end
  bool beside = false;  // on the flank, around the corner
};

bool on_end(const CarParameters& car, const Vector3f& p, const Vector3f& n, EndPoint& point) {
  point.front = p.x() > 0;
  point.behind = car.dimensions[2] / 2 - std::abs(p.x());
  if (point.behind > end_depth) return false;
  const float edge = point.front ? car.nose_height : car.tail_height;
  point.up = (.5f - p.y() / car.dimensions[0] - car.clearance) / (edge - car.clearance);
  point.across = std::abs(p.z()) / (car.dimensions[1] / 2);
  point.beside = std::abs(n.z()) > .75f;
  const bool on_top = -n.y() > .85f;
  return point.up > -.05f && point.up < 1.6f && !on_top;
}

// Where in the lamp, 0..1 from its inner and lower edges; false outside it.
bool in_lamp(const Lamp& lamp, const EndPoint& point, float& u, float& v) {
  if (point.beside && point.behind > lamp.wrap) return false;
  u = point.beside ? 1 : (point.across - 1 + lamp.width) / lamp.width;
  const float rise = lamp.slant * (1 - u);
  v = (point.up - lamp.low - rise) / (lamp.high - lamp.low - std::max(0.f, rise));
  if (u < 0 || v < 0 || v > 1) return false;
  const float x = std::max(0.f, .5f - u) * 2, y = 2 * v - 1;  // only the inner end is round
  return lamp.roundness * (x * x + y * y) < 1;
}

Finish plastic(float albedo) {
  Finish finish;
  finish.albedo = albedo * Vector3f::Ones();
  finish.mirror = .03f;
  finish.highlight = .15f;
  finish.sharpness = 20;
  return finish;
}

Finish chrome() {
  Finish finish;
  finish.albedo = .25f * Vector3f::Ones();
  finish.mirror = .55f;
  finish.highlight = 2;
  finish.sharpness = 80;
  return finish;
}

Finish front_lamp(const CarTrim& trim, float u, float v, const Vector3f& glow) {
  Finish finish;
  const float from_middle =
      std::min(std::hypot(1.6f * (u - .3f), v - .5f), std::hypot(1.6f * (u - .72f), v - .5f));
  const float reflector = from_middle < .34f ? .75f : trim.front_lamp_housing;
  finish.albedo = reflector * Vector3f(.97f, 1, 1.02f);
  finish.mirror = trim.front_lamp_mirror;
  finish.highlight = 3;
  finish.sharpness = 60;
  finish.glow = glow;
  return finish;
}

Finish rear_lamp(const CarTrim& trim, float v, const Vector3f& glow) {
  Finish finish;
  const bool pale = v > trim.indicator_low && v < trim.indicator_high;
  finish.albedo = pale ? trim.indicator : trim.rear_lamp;
  finish.mirror = .06f;
  finish.highlight = 1;
  finish.sharpness = 60;
  if (!pale) finish.glow = glow;
  return finish;
}

Finish plate(const CarParameters& car, const CarTrim::Span& span, const Vector3f& p) {
  Finish finish;
  const float across = p.z() / (span.half_width * car.dimensions[1] / 2);  // -1..1
  finish.albedo = (is_character(car, across) ? .16f : .72f) * Vector3f(1, 1, .96f);
  if (std::abs(across) > .91f && across > 0) finish.albedo = {.05f, .10f, .45f};
  return finish;
}

void front_end(const CarTrim& trim,
               const CarParameters& car,
               const EndPoint& e,
               const Vector3f& p,
               Finish& finish) {
  if (e.up < trim.front_bumper) finish = plastic(trim.plastic);
  if (trim.intake.holds(e.across, e.up)) finish = plastic(.012f);
  if (trim.grille.holds(e.across, e.up) && e.across >= trim.grille_split) {
    const float slat = std::sin(p.y() * 150) > .3f ? 2.5f : .7f;
    finish = plastic(.014f * slat);
    const float from_edge = std::min(e.up - trim.grille.low, trim.grille.high - e.up);
    if (trim.grille_frame && (from_edge < .035f || trim.grille.half_width - e.across < .03f ||
                              e.across - trim.grille_split < (trim.grille_split > 0 ? .03f : 0)))
      finish = chrome();
  }
  const float badge = .5f * (trim.grille.low + trim.grille.high);
  if (trim.front_badge && std::hypot(e.across, 1.2f * (e.up - badge)) < .075f) finish = chrome();
  if (trim.fog_lamps > 0 && std::hypot(e.across - .72f, .9f * (e.up - .2f)) < trim.fog_lamps)
    finish = chrome();
  if (trim.front_plate.holds(e.across, e.up)) finish = plate(car, trim.front_plate, p);
}

void rear_end(const CarTrim& trim,
              const CarParameters& car,
              const EndPoint& e,
              const Vector3f& p,
              Finish& finish) {
  if (e.up < trim.rear_bumper) finish = plastic(trim.plastic);
  if (e.up < .1f) finish = plastic(.02f);
  if (trim.boot_band.holds(e.across, e.up)) finish = rear_lamp(trim, .5f, Vector3f::Zero());
  const CarTrim::Span& span = trim.rear_plate;
  CarTrim::Span recess = span;
  recess.half_width += trim.plate_recess;
  recess.low -= .5f * trim.plate_recess;
  recess.high += .5f * trim.plate_recess;
  if (trim.plate_recess > 0 && recess.holds(e.across, e.up)) finish.albedo *= .3f;
  if (trim.rear_badge && std::hypot(e.across, 1.2f * (e.up - .9f)) < .06f) finish = chrome();
  if (span.holds(e.across, e.up)) finish = plate(car, span, p);
}

// The mirrored and the seen-through world in the glass: blotches, larger in front, where the seats are few.
void glass(const CarTrim& trim, const CarParameters& car, const Vector3f& p, Finish& finish) {
  const float scale = 3.5f / car.dimensions[1];
  const float blotch =
      value_noise(scale * (p.z() + .6f * p.x()), scale * (p.y() + .3f * p.x()), trim.texture);
  finish.albedo *= .25f + 1.9f * blotch * blotch;
}

Lamp random_front_lamp(Random& random) {
  Lamp lamp;
  lamp.width = between(random, .24, .46);
  lamp.high = between(random, .80, .99);
  lamp.low = lamp.high - between(random, .20, .42);
  lamp.wrap = random.chance(.7) ? between(random, .08, .34) : 0;
  lamp.slant = random.chance(.5) ? between(random, -.06, .14) : 0;
  lamp.roundness = random.chance(.3) ? between(random, .5, 1) : 0;
  return lamp;
}

Lamp random_rear_lamp(Random& random, const CarParameters& car) {
  Lamp lamp;
  const bool upright = car.kind == BodyKind::hatchback || car.kind == BodyKind::estate ||
                       car.kind == BodyKind::van || car.kind == BodyKind::suv;
  if (upright && random.chance(.7)) {  // a column at the corner
    lamp.width = between(random, .12, .26);
    lamp.high = between(random, .92, 1.15);
    lamp.low = lamp.high - between(random, .35, .65);
  } else {
    lamp.width = between(random, .22, .48);
    lamp.high = between(random, .80, 1);
    lamp.low = lamp.high - between(random, .20, .36);
  }
  lamp.wrap = random.chance(.7) ? between(random, .05, .28) : 0;
  lamp.slant = random.chance(.4) ? between(random, -.1, .12) : 0;
  lamp.roundness = random.chance(.25) ? between(random, .5, 1) : 0;
  return lamp;
}

CarTrim::Span random_plate(
    Random& random, const CarParameters& car, float edge, double low, double high) {
  const float height = (edge - car.clearance) * car.dimensions[0];
  CarTrim::Span plate;
  plate.half_width = plate_half_width / (car.dimensions[1] / 2);
  plate.low = between(random, low, high);
  plate.high = plate.low + plate_height / height;
  return plate;
}

void random_front(Random& random, const CarParameters& car, CarTrim& trim) {
  trim.front = random_front_lamp(random);
  trim.front_lamp_housing =
      random.chance(.5) ? between(random, .35, .8) : between(random, .03, .25);
  trim.front_lamp_mirror = between(random, .06, .35);
  if (random.chance(.88))
    trim.grille = {std::min(between(random, .3, .62), .98f - trim.front.width),
                   between(random, .52, .72),
                   between(random, .80, .97)};
  if (random.chance(.85))
    trim.intake = {between(random, .35, .85), between(random, .03, .1), between(random, .2, .36)};
  trim.grille_frame = random.chance(.35);
  if (random.chance(.25)) {  // two small ones
    trim.grille_split = between(random, .03, .09);
    if (random.chance(.5)) trim.grille.half_width *= .55f;
  }
  if (random.chance(.95)) trim.front_plate = random_plate(random, car, car.nose_height, .24, .45);
  if (random.chance(.2)) trim.front_bumper = between(random, .3, .5);
  if (random.chance(.4)) trim.fog_lamps = between(random, .05, .1);
  trim.front_badge = random.chance(.6);
}

void random_rear(Random& random, const CarParameters& car, CarTrim& trim) {
  trim.rear = random_rear_lamp(random, car);
  trim.rear_lamp = std::pow(between(random, .2, .75), 2.2f) *
                   Vector3f(1, between(random, .02, .12), between(random, .02, .12));
  if (random.chance(.6)) {
    trim.indicator_low = between(random, 0, .7);
    trim.indicator_high = trim.indicator_low + between(random, .15, .35);
    trim.indicator =
        random.chance(.65) ? between(random, .25, .7) * Vector3f::Ones() : Vector3f(.5f, .2f, .03f);
  }
  const bool on_boot = random.chance(.6);
  trim.rear_plate = on_boot ? random_plate(random, car, car.tail_height, .5, .72)
                            : random_plate(random, car, car.tail_height, .15, .35);
  trim.plate_recess = random.chance(.5) ? between(random, .03, .1) : 0;
  if (random.chance(.06)) trim.boot_band = {1 - trim.rear.width, trim.rear.low, trim.rear.high};
  if (random.chance(.25)) trim.rear_bumper = between(random, .25, .45);
  trim.rear_badge = random.chance(.6);
}

}  // namespace

CarTrim random_trim(Random& random, const CarParameters& car) {
  CarTrim trim;
  random_front(random, car, trim);
  random_rear(random, car, trim);
  trim.side_strip = random.chance(.3);
  trim.dirt = random.chance(.4) ? between(random, .1, .5) : 0;
  trim.plastic = between(random, .02, .08);
  trim.texture = static_cast<std::uint32_t>(random.uniform(0, 4294967295.0));
  return trim;
}

bool is_character(const CarParameters& car, float across) {
  if (std::abs(across) > .88f) return false;
  const int cell = static_cast<int>(std::floor((across + 1) * 7));
  const float inside = (across + 1) * 7 - cell;
  const std::uint32_t hash = (static_cast<std::uint32_t>(cell) * 2654435761u) ^
                             static_cast<std::uint32_t>(car.paint.x() * 65535);
  return inside < .55f && (hash >> 7) % 4 != 0;
}

Material under_trim(const CarParameters& car,
                    Material material,
                    const Vector3f& position,
                    const Vector3f& normal) {
  const bool is_part = material == Material::front_lamp || material == Material::rear_lamp ||
                       material == Material::plate || material == Material::grille;
  EndPoint point;
  return is_part && on_end(car, position, normal, point) ? Material::paint : material;
}

void apply_trim(const CarTrim& trim,
                const CarParameters& car,
                Material material,
                const Vector3f& position,
                const Vector3f& normal,
                const Vector3f& lit,
                Finish& finish) {
  if (material == Material::window) return glass(trim, car, position, finish);
  if (material == Material::rear_lamp) finish = rear_lamp(trim, .5f, lit);  // up the rear pillars
  if (material != Material::paint) return;
  const float up = .5f - position.y() / car.dimensions[0];
  const float dusty = trim.dirt * std::clamp(1 - up / car.belt_front, 0.f, 1.f);
  finish.albedo += dusty * (Vector3f(.20f, .17f, .13f) - finish.albedo);
  finish.mirror *= 1 - dusty;
  finish.highlight *= 1 - dusty;
  EndPoint point;
  if (on_end(car, position, normal, point)) {
    float u = 0, v = 0;
    if (in_lamp(point.front ? trim.front : trim.rear, point, u, v))
      finish = point.front ? front_lamp(trim, u, v, lit) : rear_lamp(trim, v, lit);
    else if (!point.beside)
      (point.front ? front_end : rear_end)(trim, car, point, position, finish);
    return;
  }
  if (trim.side_strip && std::abs(normal.z()) > .6f) {
    const float height = (up - car.clearance) / (car.belt_front - car.clearance);
    if (height > .42f && height < .52f) finish = plastic(trim.plastic);
  }
}

}  // namespace monodr
