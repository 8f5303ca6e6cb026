// SPDX-License-Identifier: Apache-2.0
#include "template_mesh.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <map>

#include "base/error.h"

namespace monodr::mesh_autoencoder {
namespace {

using GridPoint = std::array<int, 3>;

std::map<GridPoint, int> add_vertices(TemplateMesh& mesh, int grid) {
  const int last = grid - 1;
  std::vector<GridPoint> order, middle;
  for (int x = 0; x < grid; ++x)
    for (int y = 0; y < grid; ++y)
      for (int z = (last + 1) / 2; z < grid; ++z)
        if (std::min({x, y, z}) == 0 || std::max({x, y, z}) == last)
          (2 * z == last ? middle : order).push_back({x, y, z});
  mesh.left = static_cast<int>(order.size());
  mesh.middle = static_cast<int>(middle.size());
  order.insert(order.end(), middle.begin(), middle.end());
  for (int i = 0; i < mesh.left; ++i)
    order.push_back({order[i][0], order[i][1], last - order[i][2]});

  std::map<GridPoint, int> index;
  for (const GridPoint& p : order) {
    index[p] = static_cast<int>(mesh.cube.size());
    // From 2 i - last, so that mirror images are exact negatives.
    const Eigen::Vector3f odd(2.F * p[0] - last, 2.F * p[1] - last, 2.F * p[2] - last);
    mesh.cube.push_back(odd / (2.F * last));
  }
  return index;
}

void add_outward(TemplateMesh& mesh, int a, int b, int c) {
  const Eigen::Vector3f &pa = mesh.cube[a], &pb = mesh.cube[b], &pc = mesh.cube[c];
  if ((pb - pa).cross(pc - pa).dot(pa + pb + pc) > 0)
    mesh.faces.push_back({a, b, c});
  else
    mesh.faces.push_back({a, c, b});
}

// The two triangles of a quad, and those of its mirror image unless it is its own.
void add_quad(TemplateMesh& mesh, const std::array<int, 4>& corners) {
  const auto [a, b, c, d] = corners;
  const float z = mesh.cube[a].z() + mesh.cube[b].z() + mesh.cube[c].z() + mesh.cube[d].z();
  if (z < 0) return;
  add_outward(mesh, a, b, c);
  add_outward(mesh, a, c, d);
  if (z == 0) return;
  add_outward(mesh, mesh.mirrored(a), mesh.mirrored(b), mesh.mirrored(c));
  add_outward(mesh, mesh.mirrored(a), mesh.mirrored(c), mesh.mirrored(d));
}

}  // namespace

TemplateMesh make_template(int grid) {
  MONODR_CHECK(grid >= 3, "a cube-sphere of {} points an edge has no inner points", grid);
  TemplateMesh mesh;
  const std::map<GridPoint, int> index = add_vertices(mesh, grid);
  const int last = grid - 1;
  for (int axis = 0; axis < 3; ++axis) {
    for (const int side : {0, last}) {
      const auto corner = [&](int u, int v) {
        GridPoint p;
        p[axis] = side;
        p[(axis + 1) % 3] = u;
        p[(axis + 2) % 3] = v;
        return index.at(p);
      };
      for (int u = 0; u < last; ++u)
        for (int v = 0; v < last; ++v)
          add_quad(mesh, {corner(u, v), corner(u + 1, v), corner(u + 1, v + 1), corner(u, v + 1)});
    }
  }
  return mesh;
}

std::vector<std::vector<int>> half_neighbours(const TemplateMesh& mesh) {
  std::vector<std::vector<int>> neighbours(mesh.half());
  for (const auto& face : mesh.faces) {
    for (int k = 0; k < 3; ++k) {
      // Every edge belongs to two faces, once in each direction.
      const int from = face[k], to = face[(k + 1) % 3];
      if (from < mesh.half()) neighbours[from].push_back(to);
    }
  }
  return neighbours;
}

}  // namespace monodr::mesh_autoencoder
