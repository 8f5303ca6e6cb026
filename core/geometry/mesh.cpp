// SPDX-License-Identifier: Apache-2.0
#include "geometry/mesh.h"

#include <Eigen/Geometry>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "geometry/mesh_file.h"

namespace monodr {

MeshBounds bounds(const Mesh& mesh) {
  MONODR_CHECK(!mesh.vertices.empty(), "a mesh without vertices has no bounds");
  MeshBounds box{mesh.vertices[0], mesh.vertices[0]};
  for (const Eigen::Vector3f& v : mesh.vertices) {
    box.low = box.low.cwiseMin(v);
    box.high = box.high.cwiseMax(v);
  }
  return box;
}

Eigen::Vector3f normalise_to_unit_box(Mesh& mesh) {
  const MeshBounds box = bounds(mesh);
  const Eigen::Vector3f extent = box.high - box.low;
  MONODR_CHECK(extent.minCoeff() > 0, "a flat mesh cannot be scaled to the unit box");
  const Eigen::Vector3f centre = (box.high + box.low) / 2;
  for (Eigen::Vector3f& v : mesh.vertices) v = (v - centre).cwiseQuotient(extent);
  return extent;
}

double signed_volume(const Mesh& mesh) {
  double sum = 0;
  for (const auto& face : mesh.faces) {
    const Eigen::Vector3d a = mesh.vertices[face[0]].cast<double>();
    const Eigen::Vector3d b = mesh.vertices[face[1]].cast<double>();
    const Eigen::Vector3d c = mesh.vertices[face[2]].cast<double>();
    sum += a.dot(b.cross(c));
  }
  return sum / 6;
}

bool is_watertight(const Mesh& mesh) {
  std::set<std::pair<int, int>> edges;
  for (const auto& face : mesh.faces)
    for (int k = 0; k < 3; ++k)
      if (!edges.emplace(face[k], face[(k + 1) % 3]).second) return false;
  for (const auto& [from, to] : edges)
    if (edges.count({to, from}) == 0) return false;
  return !mesh.faces.empty();
}

std::string format_obj(const Mesh& mesh) {
  std::string text;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const auto& v = mesh.vertices[i];
    text += fmt::format("v {:.7g} {:.7g} {:.7g}", v.x(), v.y(), v.z());
    if (!mesh.colours.empty()) {
      const auto& c = mesh.colours[i];
      text += fmt::format(" {:.4g} {:.4g} {:.4g}", c.x(), c.y(), c.z());
    }
    text += '\n';
  }
  for (const auto& f : mesh.faces)
    text += fmt::format("f {} {} {}\n", f[0] + 1, f[1] + 1, f[2] + 1);
  return text;
}

void write_obj(const Mesh& mesh, const std::string& path) {
  write_file_atomically(path, format_obj(mesh));
}

}  // namespace monodr
