// SPDX-License-Identifier: Apache-2.0
#include "corpus/car_surface.h"

#include <array>
#include <cmath>

#include "base/error.h"

namespace monodr {
namespace {

using Eigen::Vector3f;

// Where materials meet, a shared vertex takes the one that would else be lost or is the frame of
// the other: lamps and plates first, glass last.
int vertex_priority(Material material) {
  switch (material) {
    case Material::front_lamp:
    case Material::rear_lamp:
    case Material::plate:
    case Material::rim:
      return 3;
    case Material::grille:
      return 2;
    case Material::window:
    case Material::underbody:
      return 0;
    default:
      return 1;
  }
}

// A ring of `count` points around an axis parallel to z, counter-clockwise seen from the left.
std::vector<int> wheel_ring(
    SurfaceBuilder& surface, float forward, float up, float left, float radius, int count) {
  std::vector<int> ring;
  for (int k = 0; k < count; ++k) {
    const float angle = 2 * static_cast<float>(M_PI) * (k + .5f) / count;
    ring.push_back(
        surface.vertex(forward + radius * std::cos(angle), up - radius * std::sin(angle), left));
  }
  return ring;
}

void add_wheel(SurfaceBuilder& surface, float forward, float radius, float outer, bool is_left) {
  constexpr int count = 20;
  constexpr float width = .20f;
  const float sign = is_left ? 1.f : -1.f;
  struct Ring {
    float depth, radius;
    Material material;  // between this ring and the next
  };
  const std::array<Ring, 5> profile = {{{.022f, .56f, Material::rim},
                                        {.005f, .66f, Material::tyre},
                                        {.000f, .90f, Material::tyre},
                                        {.025f, 1.f, Material::tyre},
                                        {width, 1.f, Material::tyre}}};
  // The mirrored wheel needs its faces turned round.
  const auto add = [&](int a, int b, int c, Material material) {
    is_left ? surface.face(a, b, c, material) : surface.face(a, c, b, material);
  };
  std::vector<int> outer_ring;
  int centre = surface.vertex(forward, radius, sign * (outer - .028f));
  for (size_t k = 0; k < profile.size(); ++k) {
    const float left = sign * (outer - profile[k].depth);
    const std::vector<int> ring =
        wheel_ring(surface, forward, radius, left, profile[k].radius * radius, count);
    for (int i = 0; i < count; ++i) {
      const int j = (i + 1) % count;
      if (k == 0) {
        add(centre, ring[i], ring[j], Material::rim);
      } else {
        add(outer_ring[i], ring[i], ring[j], profile[k - 1].material);
        add(outer_ring[i], ring[j], outer_ring[j], profile[k - 1].material);
      }
    }
    outer_ring = ring;
  }
  centre = surface.vertex(forward, radius, sign * (outer - width));
  for (int i = 0; i < count; ++i)
    add(centre, outer_ring[(i + 1) % count], outer_ring[i], Material::tyre);
}

void add_mirror(SurfaceBuilder& surface, const Vector3f& centre, const Vector3f& radii, bool left) {
  constexpr int around = 10, bands = 5;
  const auto add = [&](int a, int b, int c) {
    left ? surface.face(a, b, c, Material::paint) : surface.face(a, c, b, Material::paint);
  };
  const auto point = [&](float polar, float angle) {
    const float z = (left ? 1.f : -1.f) * (centre.z() + radii.z() * std::cos(polar));
    return surface.vertex(centre.x() + radii.x() * std::sin(polar) * std::cos(angle),
                          centre.y() - radii.y() * std::sin(polar) * std::sin(angle),
                          z);
  };
  const float pi = static_cast<float>(M_PI);
  const int first = point(0, 0), last = point(pi, 0);
  std::vector<int> previous;
  for (int band = 1; band < bands; ++band) {
    std::vector<int> ring;
    for (int k = 0; k < around; ++k) ring.push_back(point(pi * band / bands, 2 * pi * k / around));
    for (int k = 0; k < around; ++k) {
      const int next = (k + 1) % around;
      if (band == 1) {
        add(first, ring[k], ring[next]);
      } else {
        add(previous[k], ring[k], ring[next]);
        add(previous[k], ring[next], previous[next]);
      }
    }
    previous = ring;
  }
  for (int k = 0; k < around; ++k) add(last, previous[(k + 1) % around], previous[k]);
}

}  // namespace

CarMesh SurfaceBuilder::finished() {
  Mesh& mesh = mesh_.mesh;
  const Vector3f extent = Vector3f(car_.dimensions[2], car_.dimensions[0], car_.dimensions[1]);
  normalise_to_unit_box(mesh);
  for (Vector3f& v : mesh.vertices) v = v.cwiseProduct(extent);

  mesh_.vertex_materials.assign(mesh.vertices.size(), Material::window);
  std::vector<int> priority(mesh.vertices.size(), -1);
  for (size_t f = 0; f < mesh.faces.size(); ++f)
    for (const int v : mesh.faces[f]) {
      const Material material = mesh_.face_materials[f];
      if (vertex_priority(material) <= priority[v]) continue;
      priority[v] = vertex_priority(material);
      mesh_.vertex_materials[v] = material;
    }
  mesh.colours.reserve(mesh.vertices.size());
  for (const Material material : mesh_.vertex_materials)
    mesh.colours.push_back(material_colour(material, car_));
  return std::move(mesh_);
}

CarMesh car_mesh(const CarParameters& car) {
  MONODR_CHECK(car.dimensions.minCoeff() > 0 && car.cowl > 0 && car.cowl < car.windscreen_top &&
                   car.windscreen_top < car.roof_end && car.roof_end < car.deck && car.deck < 1,
               "the car's outline is out of order");
  SurfaceBuilder surface(car);
  add_car_body(car, surface);
  const float height = car.dimensions[0], half_width = car.dimensions[1] / 2;
  const float length = car.dimensions[2], radius = car.wheel_radius * height;
  for (const float axle : {car.front_axle, car.rear_axle})
    for (const bool left : {true, false})
      add_wheel(surface, length * (.5f - axle), radius, car.wheel_face * half_width, left);
  if (car.mirrors)
    for (const bool left : {true, false})
      add_mirror(
          surface,
          {length * (.5f - car.cowl - .055f), (car.belt_front + .045f) * height, .90f * half_width},
          {.075f, .07f, .10f * half_width},
          left);
  return surface.finished();
}

}  // namespace monodr
