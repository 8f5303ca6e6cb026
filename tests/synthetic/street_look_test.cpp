// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "synthetic/car_trim.h"
#include "synthetic/scene.h"
#include "synthetic/scene_renderer.h"
#include "synthetic/synthetic.h"

namespace monodr {
namespace {

TEST(StreetLook, CarsOfThePlainLookStandWhereTheyStoodAndOthersBesideThem) {
  int more = 0;
  for (int frame = 0; frame < 5; ++frame) {
    const Scene plain = random_scene(3, frame), street = random_scene(3, frame, SceneLook::street);
    ASSERT_GE(street.cars.size(), plain.cars.size());
    more += static_cast<int>(street.cars.size() - plain.cars.size());
    for (size_t i = 0; i < plain.cars.size(); ++i) {
      EXPECT_EQ(street.cars[i].box.location, plain.cars[i].box.location);
      EXPECT_EQ(street.cars[i].box.rotation_y, plain.cars[i].box.rotation_y);
      EXPECT_FALSE(plain.cars[i].trim.has_value());
      EXPECT_TRUE(street.cars[i].trim.has_value());
    }
    for (const double hidden : hidden_shares(street)) EXPECT_LE(hidden, .6);
  }
  EXPECT_GT(more, 0);
}

TEST(StreetLook, IsTheSamePictureEachTimeAndAnotherThanThePlainOne) {
  const auto drawn = [](SceneLook look) {
    return render_scene(random_scene(4, 1, look)).image.rgb;
  };
  EXPECT_EQ(drawn(SceneLook::street), drawn(SceneLook::street));
  EXPECT_NE(drawn(SceneLook::street), drawn(SceneLook::plain));
}

TEST(StreetLook, HasAFingerprintOfItsOwn) {
  SynthesisOptions plain;
  plain.objects = 10;
  SynthesisOptions street = plain;
  street.look = SceneLook::street;
  EXPECT_NE(synthetic_fingerprint(plain), synthetic_fingerprint(street));
  street.frames_per_sequence = 5;
  street.output = "anywhere";
  EXPECT_THROW(synthesize(street), UserError);
}

// The finish at a point of an end of the car: `up` between bumper and edge, `across` of half the width, to the left.
Finish finish_at(
    const CarTrim& trim, const CarParameters& car, bool front, float across, float up) {
  const float edge = front ? car.nose_height : car.tail_height;
  const float height = car.clearance + up * (edge - car.clearance);
  const float sign = front ? 1.f : -1.f;
  const Eigen::Vector3f position(sign * (car.dimensions[2] / 2 - .02f),
                                 (.5f - height) * car.dimensions[0],
                                 across * car.dimensions[1] / 2);
  const Eigen::Vector3f normal(sign, 0, 0);
  Finish finish;
  finish.albedo = car.paint;
  apply_trim(trim,
             car,
             under_trim(car, Material::rear_lamp, position, normal),
             position,
             normal,
             Eigen::Vector3f::Zero(),
             finish);
  return finish;
}

TEST(CarTrim, RearLampsAreRedderThanFrontOnesOnBothSides) {
  for (int k = 0; k < 40; ++k) {
    SCOPED_TRACE(k);
    Random random(9, "trim", k);
    CarParameters car = random_car(random);
    const CarTrim trim = random_trim(random, car);
    const auto middle = [](const CarTrim::Lamp& lamp) {
      return .5f * (lamp.low + lamp.high + std::max(0.f, .1f * lamp.slant));
    };
    const auto redness = [](const Finish& f) { return f.albedo.x() / (f.albedo.sum() + 1e-6f); };
    const Finish front = finish_at(trim, car, true, .97f, middle(trim.front));
    const Finish left = finish_at(trim, car, false, .97f, middle(trim.rear));
    const Finish right = finish_at(trim, car, false, -.97f, middle(trim.rear));
    EXPECT_EQ(left.albedo, right.albedo);
    EXPECT_LT(redness(front), .4f);
    const float height = (middle(trim.rear) - trim.rear.low) / (trim.rear.high - trim.rear.low);
    const bool in_indicator =
        height > trim.indicator_low - .05f && height < trim.indicator_high + .05f;
    if (!in_indicator) {
      EXPECT_GT(redness(left), .75f);
    }
  }
}

TEST(CarTrim, LeavesFlanksRoofAndWheelsAlone) {
  Random random(9, "trim", 0);
  const CarParameters car = random_car(random);
  CarTrim trim = random_trim(random, car);
  trim.dirt = 0;
  trim.side_strip = false;
  Finish finish;
  finish.albedo = car.paint;
  const Eigen::Vector3f flank(0, 0, car.dimensions[1] / 2), roof(0, -car.dimensions[0] / 2, 0);
  apply_trim(trim, car, Material::paint, flank, {0, 0, 1}, Eigen::Vector3f::Ones(), finish);
  EXPECT_EQ(finish.albedo, car.paint);
  apply_trim(trim, car, Material::paint, roof, {0, -1, 0}, Eigen::Vector3f::Ones(), finish);
  EXPECT_EQ(finish.albedo, car.paint);
  EXPECT_EQ(under_trim(car, Material::grille, flank, {0, 0, 1}), Material::grille) << "a pillar";
  EXPECT_EQ(finish.glow, Eigen::Vector3f(0, 0, 0));
}

}  // namespace
}  // namespace monodr
