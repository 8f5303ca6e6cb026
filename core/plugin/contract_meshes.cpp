// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract_meshes.h"

#include <cmath>
#include <numbers>

namespace monodr {
namespace {

/// |value|^roundness with value's sign: bends the circle into a rounded square.
float bent(double value, double roundness) {
  return static_cast<float>(std::copysign(std::pow(std::abs(value), roundness), value));
}

}  // namespace

Mesh superellipsoid(double roundness, double taper, int rings, int segments) {
  Mesh mesh;
  const auto add = [&](float x, float y, float z) {
    const float lowered = y < 0 && x > 0 ? y * static_cast<float>(1 - taper * x) : y;
    mesh.vertices.push_back({x, lowered, z});
    mesh.colours.push_back({0.5f + 0.4f * x, 0.5f + 0.4f * y, 0.5f + 0.4f * z});
  };
  add(0, -1, 0);
  for (int ring = 1; ring < rings; ++ring) {
    const double polar = std::numbers::pi * ring / rings;
    for (int segment = 0; segment < segments; ++segment) {
      const double angle = 2 * std::numbers::pi * segment / segments;
      const float radius = bent(std::sin(polar), roundness);
      add(radius * bent(std::cos(angle), roundness),
          -bent(std::cos(polar), roundness),
          radius * bent(std::sin(angle), roundness));
    }
  }
  add(0, 1, 0);

  const int last = static_cast<int>(mesh.vertices.size()) - 1;
  const auto at = [&](int ring, int segment) {
    return 1 + (ring - 1) * segments + segment % segments;
  };
  for (int segment = 0; segment < segments; ++segment) {
    mesh.faces.push_back({0, at(1, segment), at(1, segment + 1)});
    mesh.faces.push_back({last, at(rings - 1, segment + 1), at(rings - 1, segment)});
    for (int ring = 1; ring + 1 < rings; ++ring) {
      mesh.faces.push_back({at(ring, segment), at(ring + 1, segment), at(ring + 1, segment + 1)});
      mesh.faces.push_back({at(ring, segment), at(ring + 1, segment + 1), at(ring, segment + 1)});
    }
  }
  normalise_to_unit_box(mesh);
  if (signed_volume(mesh) < 0)
    for (auto& face : mesh.faces) std::swap(face[1], face[2]);
  return mesh;
}

}  // namespace monodr
