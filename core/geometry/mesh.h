// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <string>
#include <vector>

namespace monodr {

/// A triangle mesh with a colour a vertex (RGB in [0,1]; may be empty).
///
/// CANONICAL FRAME of every object shape in monodr: the object's axes of geometry/box.h (x forward,
/// y down, z to the object's left), centred, scaled so that the bounding box is [-0.5, 0.5]^3. A
/// point v of a car with dimensions (h, w, l) stands in the camera frame at
///     R(rotation_y) * (l v.x, h v.y, w v.z) + location - (0, h/2, 0).
/// Faces are counter-clockwise seen from outside in a right-handed sense:
/// (v1 - v0) x (v2 - v0) points outward.
struct Mesh {
  std::vector<Eigen::Vector3f> vertices;
  std::vector<std::array<int, 3>> faces;
  std::vector<Eigen::Vector3f> colours;
};

struct MeshBounds {
  Eigen::Vector3f low, high;
};
MeshBounds bounds(const Mesh& mesh);

/// Moves and scales the mesh to the canonical unit box; returns the scale removed (l, h, w for a
/// mesh in the object's axes).
Eigen::Vector3f normalise_to_unit_box(Mesh& mesh);

/// Signed volume by the divergence theorem: positive for a closed mesh oriented outward.
double signed_volume(const Mesh& mesh);

/// True when every directed edge is matched by exactly one opposite edge.
bool is_watertight(const Mesh& mesh);

/// Wavefront OBJ; colours are written behind the vertex positions ("v x y z r g b").
void write_obj(const Mesh& mesh, const std::string& path);

}  // namespace monodr
