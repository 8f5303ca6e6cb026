// SPDX-License-Identifier: Apache-2.0
#include "registration.h"

#include "ray_caster.h"

namespace monodr::mesh_autoencoder {
namespace {

// Below the middle (y points down): from there bonnet, windscreen and roof are all in sight.
const Eigen::Vector3f kOrigin(0, 0.15F, 0);

Eigen::Vector3f mirror(Eigen::Vector3f v) {
  v.z() = -v.z();
  return v;
}

Eigen::Vector3f vertex_of(const TemplateMesh& t, const std::vector<Eigen::Vector3f>& half, int i) {
  return i < t.half() ? half[i] : mirror(half[t.mirrored(i)]);
}

}  // namespace

Registration register_template(const TemplateMesh& mesh_template,
                               const std::vector<std::vector<int>>& neighbours,
                               const Mesh& mesh,
                               int relaxations) {
  const RayCaster caster(mesh, kOrigin);
  const int half = mesh_template.half();
  Registration result;
  result.vertices.assign(mesh_template.cube.begin(), mesh_template.cube.begin() + half);
  result.colours.resize(half);
  std::vector<Eigen::Vector3f> aims = result.vertices;
  for (int round = 0; round <= relaxations; ++round) {
    if (round > 0) {
      for (int i = 0; i < half; ++i) {
        aims[i].setZero();
        for (const int n : neighbours[i]) aims[i] += vertex_of(mesh_template, result.vertices, n);
        aims[i] /= static_cast<float>(neighbours[i].size());
        if (i >= mesh_template.left) aims[i].z() = 0;
      }
    }
    result.missed = 0;
    for (int i = 0; i < half; ++i) {
      const Eigen::Vector3f direction = (aims[i] - kOrigin).normalized();
      if (const auto hit = caster.farthest(direction)) {
        result.vertices[i] = kOrigin + hit->distance * direction;
        result.colours[i] = hit->colour;
      } else {
        result.vertices[i] = aims[i];
        ++result.missed;
      }
    }
  }
  return result;
}

Mesh mirror_half(const TemplateMesh& mesh_template,
                 const std::vector<Eigen::Vector3f>& vertices,
                 const std::vector<Eigen::Vector3f>& colours) {
  Mesh mesh{vertices, mesh_template.faces, colours};
  for (int i = mesh_template.half(); i < mesh_template.size(); ++i) {
    mesh.vertices.push_back(vertex_of(mesh_template, vertices, i));
    mesh.colours.push_back(colours[mesh_template.mirrored(i)]);
  }
  return mesh;
}

}  // namespace monodr::mesh_autoencoder
