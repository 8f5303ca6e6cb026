// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>

#include "base/random.h"
#include "corpus/parametric_car.h"

namespace monodr {

/// How a point of a car's surface answers light.
struct Finish {
  Eigen::Vector3f albedo{0, 0, 0};  ///< linear RGB
  float mirror = 0;                 ///< reflectance at right angles
  float highlight = 0;              ///< strength of the sun's image ...
  float sharpness = 1;              ///< ... and the exponent of its fall
  Eigen::Vector3f glow{0, 0, 0};    ///< radiance of its own, linear RGB
};

/// What tells a car's front from its rear beyond its outline, for scenes that a network learns real pictures from
/// (`SceneLook::street`): lamps, grille, intakes, plates, bumpers, dirt. It is painted on the surface, point by point, in
/// place of the few plain parts that the mesh is made of, so that the same car has the same outline in either look.
///
/// On an end of the car a point is (across, up): its distance from the middle as a share of half the width, and its height
/// as a share between the lower edge of the bumper, 0, and the edge of bonnet or boot, 1.
struct CarTrim {
  /// Of both ends: a lamp spans `width` of half the width from the outer end, `low` to `high`, and runs `wrap` metres
  /// around the corner.
  struct Lamp {
    float width = 0, low = 0, high = 0, wrap = 0;
    float slant = 0;      ///< rise of its lower edge from the outer end to the inner
    float roundness = 0;  ///< 0 = a rectangle, 1 = an ellipse
  };
  struct Span {
    float half_width = 0, low = 0, high = 0;  ///< nothing where half_width is 0
    bool holds(float across, float up) const {
      return across < half_width && up > low && up < high;
    }
  };

  Lamp front, rear;
  float front_lamp_housing = 0;        ///< albedo between the reflectors: dark plastic to chrome
  float front_lamp_mirror = 0;         ///< reflectance of its cover
  Eigen::Vector3f rear_lamp{0, 0, 0};  ///< albedo: mostly a dull, dark red
  float indicator_low = 2,
        indicator_high = 2;  ///< part of the rear lamp that is white or amber, 0 to 1 of its height
  Eigen::Vector3f indicator{0, 0, 0};
  Span grille, intake, boot_band;
  bool grille_frame = false;  ///< of chrome
  float grille_split =
      0;  ///< half the width of the paint or badge between its two halves; 0 = one grille
  Span front_plate, rear_plate;
  float plate_recess = 0;  ///< the rear plate's dark surround, a share of half the width
  float front_bumper = 0, rear_bumper = 0;  ///< unpainted up to here
  float fog_lamps = 0;  ///< half their size, a share of half the width; 0 = none
  bool front_badge = false, rear_badge = false;
  bool side_strip = false;
  float dirt = 0;             ///< share of dust over the paint at the sill, falling off to the belt
  float plastic = .05f;       ///< albedo of unpainted parts
  std::uint32_t texture = 0;  ///< seed of what is seen through and mirrored in the glass
};

/// Lamps, grille and the rest of one car.
CarTrim random_trim(Random& random, const CarParameters& car);

/// Whether a number plate is dark at this place, -1 to 1 over its width: 14 cells, dark or not by a hash of the car's paint.
bool is_character(const CarParameters& car, float across);

/// The material that the trim is painted on at a point: paint where the mesh has lamps, plates and openings at its ends.
/// `position` and `normal` in the object's axes (x forward, y down, z left), metres.
Material under_trim(const CarParameters& car,
                    Material material,
                    const Eigen::Vector3f& position,
                    const Eigen::Vector3f& normal);

/// Replaces the finish of the material that under_trim() names where the trim says otherwise. `lit`: what a lamp at this end
/// of the car radiates, linear RGB.
void apply_trim(const CarTrim& trim,
                const CarParameters& car,
                Material material,
                const Eigen::Vector3f& position,
                const Eigen::Vector3f& normal,
                const Eigen::Vector3f& lit,
                Finish& finish);

}  // namespace monodr
