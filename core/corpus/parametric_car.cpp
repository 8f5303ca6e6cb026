// SPDX-License-Identifier: Apache-2.0
#include "corpus/parametric_car.h"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "plugin/shape_prior.h"

namespace monodr {
namespace {

// The typical car of a kind. Sizes are logarithms relative to the class's mean car, the rest as in
// CarParameters. Read off side views of common European models.
struct KindProfile {
  float weight;
  float log_height, log_width, log_length;
  float front_axle, rear_axle, cowl, windscreen_top, roof_end, deck, side_window_end;
  float clearance, wheel_radius, nose_height, cowl_height, belt_front, belt_rear;
  float deck_height, tail_height, roof_fall, roof_width;
};

constexpr std::array<KindProfile, body_kind_count> profiles = {{
    // sedan
    {.24f,  -.050f, .010f, .095f, .185f, .780f, .275f, .430f, .700f, .850f, .780f,
     .115f, .215f,  .480f, .640f, .615f, .655f, .700f, .690f, .045f, .700f},
    // hatchback
    {.28f,  -.020f, -.030f, -.085f, .195f, .825f, .245f, .420f, .870f, .985f, .880f,
     .110f, .205f,  .480f,  .640f,  .610f, .660f, .690f, .665f, .060f, .720f},
    // estate
    {.14f,  -.045f, .010f, .100f, .180f, .765f, .265f, .410f, .900f, .980f, .900f,
     .115f, .215f,  .480f, .640f, .610f, .640f, .670f, .655f, .045f, .710f},
    // suv
    {.13f,  .090f, .060f, .045f, .185f, .800f, .245f, .400f, .885f, .980f, .900f,
     .145f, .220f, .550f, .665f, .625f, .655f, .680f, .660f, .040f, .730f},
    // van
    {.09f,  .100f, .030f, .020f, .190f, .810f, .190f, .385f, .915f, .985f, .920f,
     .105f, .185f, .470f, .600f, .575f, .600f, .630f, .620f, .030f, .760f},
    // pickup
    {.03f,  .120f, .080f, .200f, .170f, .780f, .235f, .340f, .590f, .635f, .570f,
     .150f, .215f, .540f, .640f, .605f, .620f, .630f, .625f, .020f, .740f},
    // coupe
    {.09f,  -.105f, .020f, .040f, .190f, .790f, .300f, .460f, .640f, .900f, .730f,
     .105f, .235f,  .490f, .670f, .645f, .690f, .720f, .700f, .040f, .650f},
}};

// Kinds differ in mean size, so the spread inside a kind is what is left of the class's spread.
struct SizeModel {
  Eigen::Vector3d mean_offset, deviation;  // of log (h, w, l)
};

Eigen::Vector3d log_offset(const KindProfile& p) {
  return {p.log_height, p.log_width, p.log_length};
}

SizeModel size_model() {
  Eigen::Vector3d sum = Eigen::Vector3d::Zero(), squares = Eigen::Vector3d::Zero();
  double weight = 0;
  for (const KindProfile& p : profiles) {
    weight += p.weight;
    sum += p.weight * log_offset(p);
    squares += p.weight * log_offset(p).cwiseAbs2();
  }
  const Eigen::Vector3d mean = sum / weight;
  const Eigen::Vector3d between = squares / weight - mean.cwiseAbs2();
  const Eigen::Vector3d total = car_log_deviations.cast<double>().cwiseAbs2();
  return {mean, (total - between).cwiseMax(0).cwiseSqrt()};
}

Eigen::Vector3f random_dimensions(Random& random, const KindProfile& profile) {
  static const SizeModel model = size_model();
  const Eigen::Vector3d offset = log_offset(profile) - model.mean_offset;
  Eigen::Vector3f result;
  for (int k = 0; k < 3; ++k) {
    // The mean of a log-normal lies above its median by half the variance.
    const double shift = -0.5 * car_log_deviations[k] * car_log_deviations[k];
    result[k] = static_cast<float>(
        car_mean_dimensions[k] *
        std::exp(offset[k] + shift + random.normal_within_three(0, model.deviation[k])));
  }
  return result;
}

struct PaintFamily {
  float weight;
  Eigen::Vector3f colour;
  float spread;
};

// Shares of new cars in Europe, roughly.
Eigen::Vector3f random_paint(Random& random) {
  static const std::array<PaintFamily, 11> families = {{{.22f, {.86f, .86f, .85f}, .05f},
                                                        {.12f, {.66f, .67f, .69f}, .06f},
                                                        {.18f, {.38f, .39f, .41f}, .09f},
                                                        {.18f, {.07f, .07f, .08f}, .03f},
                                                        {.08f, {.10f, .17f, .38f}, .06f},
                                                        {.04f, {.35f, .48f, .62f}, .06f},
                                                        {.10f, {.58f, .08f, .08f}, .06f},
                                                        {.03f, {.13f, .27f, .18f}, .05f},
                                                        {.03f, {.42f, .33f, .24f}, .05f},
                                                        {.01f, {.85f, .66f, .12f}, .04f},
                                                        {.01f, {.80f, .38f, .10f}, .04f}}};
  double left = random.uniform(0, 1);
  const PaintFamily* family = &families[0];
  for (const PaintFamily& candidate : families) {
    family = &candidate;
    left -= candidate.weight;
    if (left < 0) break;
  }
  const double brightness = random.normal_within_three(0, family->spread);
  Eigen::Vector3f colour;
  for (int k = 0; k < 3; ++k)
    colour[k] = std::clamp(
        static_cast<float>(family->colour[k] + brightness + random.normal_within_three(0, 0.015)),
        0.02f,
        0.95f);
  return colour;
}

}  // namespace

std::string_view to_string(BodyKind kind) {
  constexpr std::array<std::string_view, body_kind_count> names = {
      "sedan", "hatchback", "estate", "suv", "van", "pickup", "coupe"};
  return names[static_cast<int>(kind)];
}

CarParameters random_car(Random& random) {
  double left = random.uniform(0, 1);
  int kind = 0;
  while (kind + 1 < body_kind_count && (left -= profiles[kind].weight) >= 0) ++kind;
  return random_car(random, static_cast<BodyKind>(kind));
}

CarParameters random_car(Random& random, BodyKind kind) {
  const KindProfile& typical = profiles[static_cast<int>(kind)];
  const auto around = [&random](float value, double deviation) {
    return static_cast<float>(random.normal_within_three(value, deviation));
  };
  CarParameters car;
  car.kind = kind;
  car.dimensions = random_dimensions(random, typical);

  car.front_axle = around(typical.front_axle, .008);
  car.rear_axle = around(typical.rear_axle, .010);
  car.cowl = around(typical.cowl, .012);
  car.windscreen_top = around(typical.windscreen_top, .012);
  car.roof_end = around(typical.roof_end, .012);
  car.deck = std::min(around(typical.deck, .010), 0.99f);
  car.deck = std::max(car.deck, car.roof_end + .03f);
  car.side_window_end = std::min(around(typical.side_window_end, .012), car.deck - .02f);

  car.clearance = around(typical.clearance, .010);
  car.wheel_radius = around(typical.wheel_radius, .006);
  car.nose_height = around(typical.nose_height, .015);
  car.cowl_height = around(typical.cowl_height, .010);
  car.belt_front = around(typical.belt_front, .008);
  car.belt_rear = around(typical.belt_rear, .012);
  car.deck_height = around(typical.deck_height, .012);
  car.tail_height = std::min(around(typical.tail_height, .012), car.deck_height);
  car.roof_fall = std::max(0.f, around(typical.roof_fall, .012));

  car.nose_width = around(.86f, .02);
  car.tail_width = around(.90f, .02);
  car.roof_width = around(typical.roof_width, .015);

  const bool boxy = kind == BodyKind::suv || kind == BodyKind::pickup;
  car.rear_doors = kind != BodyKind::coupe && !(kind == BodyKind::hatchback && random.chance(.4));
  car.tall_rear_lamps = (kind == BodyKind::estate || kind == BodyKind::van ||
                         kind == BodyKind::suv || kind == BodyKind::hatchback) &&
                        random.chance(.4);
  car.cladding = random.chance(boxy ? .6 : .12);
  car.front_lamp_width = static_cast<float>(random.uniform(.28, .42));
  car.rear_lamp_width = static_cast<float>(random.uniform(.22, .40));
  car.grille_width = static_cast<float>(random.uniform(.38, .54));
  if (kind == BodyKind::pickup && random.chance(.7))
    car.bed_depth = static_cast<float>(random.uniform(.3, .45));

  car.paint = random_paint(random);
  car.window_brightness = static_cast<float>(random.uniform(.05, .22));
  car.lamp_brightness = static_cast<float>(random.uniform(.75, 1.1));
  car.rim_brightness = static_cast<float>(random.uniform(.25, .75));
  return car;
}

Eigen::Vector3f material_colour(Material material, const CarParameters& car) {
  const auto lamp = [&car](float r, float g, float b) -> Eigen::Vector3f {
    return (car.lamp_brightness * Eigen::Vector3f(r, g, b)).cwiseMin(1.f);
  };
  switch (material) {
    case Material::paint:
      return car.paint;
    case Material::window:
      return car.window_brightness * Eigen::Vector3f(.92f, 1.f, 1.08f);
    case Material::front_lamp:
      return lamp(.86f, .88f, .90f);
    case Material::rear_lamp:
      return lamp(.62f, .05f, .05f);
    case Material::tyre:
      return {.055f, .055f, .06f};
    case Material::rim:
      return car.rim_brightness * Eigen::Vector3f::Ones();
    case Material::plate:
      return {.85f, .85f, .80f};
    case Material::grille:
      return {.06f, .06f, .065f};
    case Material::underbody:
      return {.04f, .04f, .04f};
  }
  throw_check_failure("material", __FILE__, __LINE__, "unknown material");
}

void bake_sky(Mesh& mesh) {
  std::vector<Eigen::Vector3f> normals(mesh.vertices.size(), Eigen::Vector3f::Zero());
  for (const auto& face : mesh.faces) {
    const Eigen::Vector3f& a = mesh.vertices[face[0]];
    const Eigen::Vector3f normal = (mesh.vertices[face[1]] - a).cross(mesh.vertices[face[2]] - a);
    for (const int v : face) normals[v] += normal;
  }
  for (size_t v = 0; v < normals.size(); ++v) {
    const float up = -normals[v].y() / std::max(normals[v].norm(), 1e-12f);
    mesh.colours[v] = (mesh.colours[v] * (.80f + .25f * up)).cwiseMin(1.f);
  }
}

namespace {

// High on its wheels, box on box, with a steep windscreen: rarer on KITTI's streets than in the
// scenes' mixture (which has none), but what a prior must be able to express.
CarParameters off_roader(Random& random) {
  const auto between = [&random](double low, double high) {
    return static_cast<float>(random.uniform(low, high));
  };
  CarParameters car = random_car(random, BodyKind::suv);
  car.clearance = between(.15, .27);
  car.wheel_radius = between(.20, .25);
  car.cowl = between(.24, .34);
  car.windscreen_top = car.cowl + between(.05, .11);
  car.roof_end = between(.90, .955);
  car.deck = car.roof_end + .03f;
  car.side_window_end = car.deck - .04f;
  car.nose_height = between(.54, .64);
  car.cowl_height = car.nose_height + between(.01, .06);
  car.belt_front = car.cowl_height - .03f;
  car.belt_rear = car.belt_front + .01f;
  car.deck_height = car.belt_rear + .02f;
  car.tail_height = car.deck_height - between(.0, .03);
  car.roof_fall = between(0, .02);
  car.roof_width = between(.78, .92);
  car.nose_width = between(.90, .97);
  car.tail_width = between(.93, .98);
  // Live axles need room above them, and wide tyres stand out of the flanks.
  car.axle_room = between(0, .16);
  car.wheel_face = between(.95, 1.05);
  return car;
}

std::vector<CorpusItem> corpus_of_stream(std::string_view stream,
                                         int cars,
                                         int off_roaders,
                                         std::uint64_t seed) {
  std::vector<CorpusItem> corpus;
  corpus.reserve(cars);
  for (int i = 0; i < cars; ++i) {
    Random random(seed, stream, i);
    const bool is_off_roader = off_roaders > 0 && i % off_roaders == off_roaders - 1;
    CarParameters parameters = is_off_roader ? off_roader(random) : random_car(random);
    parameters.mirrors = false;
    Mesh mesh = car_mesh(parameters).mesh;
    bake_sky(mesh);
    normalise_to_unit_box(mesh);
    corpus.push_back({fmt::format("car_{:05d}_{}", i, to_string(parameters.kind)), mesh});
  }
  return corpus;
}

}  // namespace

std::vector<CorpusItem> training_corpus(int cars, std::uint64_t seed) {
  return corpus_of_stream("training car", cars, 6, seed);
}

std::vector<CorpusItem> held_out_corpus(int cars, std::uint64_t seed) {
  return corpus_of_stream("held-out car", cars, 0, seed);
}

}  // namespace monodr
