// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <array>
#include <vector>

namespace monodr::mesh_autoencoder {

/// The cube-sphere of Kato & Harada (View Prior Learning, CVPR 2019): `grid` points a cube edge,
/// grid^3 - (grid-2)^3 vertices shared along the edges, 12 (grid-1)^2 faces. 16 gives their 1352
/// vertices and 2700 faces.
///
/// Vertices come in the order LEFT, MIDDLE, RIGHT: `left` of them with z > 0, `middle` with z = 0
/// (none where `grid` is even) and the mirror images of the left ones in the same order. A shape
/// symmetric in z is therefore given by its first left + middle = `half` vertices. The faces are
/// symmetric too, but for the diagonals of the quads that the plane z = 0 cuts; those are planar.
struct TemplateMesh {
  int left = 0;
  int middle = 0;
  std::vector<Eigen::Vector3f> cube;      ///< all vertices on the surface of [-0.5,0.5]^3
  std::vector<std::array<int, 3>> faces;  ///< counter-clockwise seen from outside

  int half() const { return left + middle; }
  int size() const { return 2 * left + middle; }
  int mirrored(int vertex) const {
    if (vertex < left) return vertex + half();
    return vertex < half() ? vertex : vertex - half();
  }
};

TemplateMesh make_template(int grid);

/// For each of the `half` vertices its neighbours along the faces' edges, by vertex.
std::vector<std::vector<int>> half_neighbours(const TemplateMesh& mesh);

}  // namespace monodr::mesh_autoencoder
