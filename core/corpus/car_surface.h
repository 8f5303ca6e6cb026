// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "corpus/parametric_car.h"

namespace monodr {

/// Collects the vertices and faces of a car while car_mesh() puts it together.
class SurfaceBuilder {
 public:
  explicit SurfaceBuilder(const CarParameters& car) : car_(car) {}

  /// `up` above the ground, `left` of the middle, metres.
  int vertex(float forward, float up, float left) {
    mesh_.mesh.vertices.emplace_back(forward, -up, left);
    return static_cast<int>(mesh_.mesh.vertices.size()) - 1;
  }
  Eigen::Vector3f& position(int vertex) { return mesh_.mesh.vertices[vertex]; }
  void face(int a, int b, int c, Material material) {
    mesh_.mesh.faces.push_back({a, b, c});
    mesh_.face_materials.push_back(material);
  }
  /// Split along a-c.
  void quad(int a, int b, int c, int d, Material material) {
    face(a, b, c, material);
    face(a, c, d, material);
  }

  /// Scales the parts to the car's dimensions and gives the vertices their materials.
  CarMesh finished();

 private:
  const CarParameters& car_;
  CarMesh mesh_;
};

/// Adds the car's body, a closed surface.
void add_car_body(const CarParameters& car, SurfaceBuilder& surface);

}  // namespace monodr
