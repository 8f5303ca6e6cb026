// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "geometry/mesh.h"

namespace monodr {

struct CorpusItem;  // plugin/shape_prior.h

/// The kinds of body that KITTI labels "Car". `van` is a compact people carrier (KITTI keeps its
/// class "Van" for transporters, which are not made here).
enum class BodyKind { sedan, hatchback, estate, suv, van, pickup, coupe };
inline constexpr int body_kind_count = 7;
std::string_view to_string(BodyKind kind);

/// What a part of the surface is made of.
enum class Material : std::uint8_t {
  paint,
  window,
  front_lamp,
  rear_lamp,
  tyre,
  rim,
  plate,
  grille,  ///< dark openings, plastic trim, pillars between windows
  underbody
};
inline constexpr int material_count = 9;

/// One car. Positions along the car are shares of the length from the front bumper (0) to the rear
/// bumper (1), heights are shares of the height above the ground, widths shares of half the width.
///
///        windscreen_top ________ roof_end
///                     /         \            .
///             cowl   /           \  deck
///     nose _________/ belt_front__\______ tail
///         |____O____________________O____|
///          front_axle           rear_axle
struct CarParameters {
  BodyKind kind = BodyKind::sedan;
  Eigen::Vector3f dimensions{
      1.5f, 1.7f, 4.2f};  ///< height, width, length in metres (KITTI's order)

  // Along the car.
  float front_axle = 0, rear_axle = 0;
  float cowl = 0;             ///< foot of the windscreen
  float windscreen_top = 0;   ///< front edge of the roof
  float roof_end = 0;         ///< rear edge of the roof
  float deck = 0;             ///< foot of the rear window
  float side_window_end = 0;  ///< rear end of the side windows, at the belt

  // Heights.
  float clearance = 0, wheel_radius = 0;
  float nose_height = 0, cowl_height = 0;
  float belt_front = 0, belt_rear = 0;  ///< lower edge of the side windows
  float deck_height = 0, tail_height = 0;
  float roof_fall = 0;  ///< the roof's drop from its middle to its rear edge

  float axle_room = 0;  ///< the floor's rise above an axle, across the whole car

  // Widths.
  float nose_width = 0, tail_width = 0, roof_width = 0;
  float wheel_face = .965f;  ///< outer side of the wheels; > 1: proud of the body

  // Features.
  bool rear_doors = true;
  bool tall_rear_lamps = false;  ///< they climb up the rear pillars
  bool cladding = false;         ///< sills and bumpers of unpainted plastic
  bool mirrors = true;
  float front_lamp_width = 0, rear_lamp_width = 0;  ///< share of half the width
  float grille_width = 0;
  float bed_depth = 0;  ///< of a pickup's open bed, metres; 0 = covered or no pickup

  // Colours, RGB in [0,1], and brightnesses.
  Eigen::Vector3f paint{0.5f, 0.5f, 0.5f};
  float window_brightness = 0.15f;
  float lamp_brightness = 1;
  float rim_brightness = 0.5f;
};

/// Mean height, width, length in metres of KITTI's class "Car" and the standard deviations of their
/// logarithms; random_car() follows them over all kinds together.
inline const Eigen::Vector3f car_mean_dimensions{1.526f, 1.63f, 3.88f};
inline const Eigen::Vector3f car_log_deviations{0.085f, 0.055f, 0.10f};

/// A car of random kind, size, shape and colour; the second form fixes the kind.
CarParameters random_car(Random& random);
CarParameters random_car(Random& random, BodyKind kind);

/// A car's surface with what each part of it is made of.
struct CarMesh {
  Mesh mesh;  ///< colours: those of the materials, unshaded
  std::vector<Material> vertex_materials;
  std::vector<Material> face_materials;
};

/// The car in the object's axes (x forward, y down, z left), metres, origin at the centre of its
/// bounding box, which is length x height x width exactly. Watertight, oriented outward, mirror
/// symmetric in z. It is made of closed parts that overlap (body, four wheels, two mirrors):
/// inside = inside any of them, the winding number being positive there and 0 outside.
/// About 3 300 vertices and 6 500 faces.
CarMesh car_mesh(const CarParameters& parameters);

/// Colour of a material on this car.
Eigen::Vector3f material_colour(Material material, const CarParameters& parameters);

/// Changes with whatever changes the corpus of a given seed; part of the name of a trained prior.
inline constexpr const char* parametric_car_corpus_version = "parametric cars 3";

/// Darkens and lightens a mesh's colours as an overcast sky does: colour * (0.80 + 0.25 * n_up),
/// n_up being the upward component of the vertex's normal. A prior so trained renders shaded cars
/// without a light. The mesh stands in the object's axes, unstretched.
void bake_sky(Mesh& mesh);

/// Cars for training a shape prior, in the canonical frame of geometry/mesh.h, without mirrors,
/// under bake_sky(). Drawn from the random stream "training car" of the seed; scenes draw from
/// "scene", so that no test car is ever trained on, whatever the seeds.
std::vector<CorpusItem> training_corpus(int cars, std::uint64_t seed);

/// Cars of random_car() that are kept out of the training: from the stream "held-out car".
std::vector<CorpusItem> held_out_corpus(int cars, std::uint64_t seed);

}  // namespace monodr
