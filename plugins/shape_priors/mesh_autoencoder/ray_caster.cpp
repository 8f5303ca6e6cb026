// SPDX-License-Identifier: Apache-2.0
#include "ray_caster.h"

#include <Eigen/Geometry>
#include <algorithm>

namespace monodr::mesh_autoencoder {

RayCaster::RayCaster(const Mesh& mesh, const Eigen::Vector3f& origin)
    : mesh_(mesh), origin_(origin) {
  for (const auto& face : mesh.faces) {
    Eigen::Vector3f corner[3], axis = Eigen::Vector3f::Zero();
    for (int k = 0; k < 3; ++k) {
      corner[k] = (mesh.vertices[face[k]] - origin).normalized();
      axis += corner[k];
    }
    axis.normalize();
    float cosine = 1;
    for (const auto& c : corner) cosine = std::min(cosine, axis.dot(c));
    // A cap holds the whole spherical triangle only if it is smaller than a half sphere.
    if (!(cosine > 0.01F)) cosine = -2;
    axis_x_.push_back(axis.x());
    axis_y_.push_back(axis.y());
    axis_z_.push_back(axis.z());
    cosine_.push_back(cosine - 1e-5F);
  }
  candidate_.resize(mesh.faces.size());
}

std::optional<RayCaster::Hit> RayCaster::farthest(const Eigen::Vector3f& direction) const {
  const float dx = direction.x(), dy = direction.y(), dz = direction.z();
  const size_t count = cosine_.size();
  for (size_t i = 0; i < count; ++i)
    candidate_[i] = axis_x_[i] * dx + axis_y_[i] * dy + axis_z_[i] * dz >= cosine_[i];

  constexpr float kSlack = 1e-5F;  // so that no ray slips through the seam of two faces
  std::optional<Hit> best;
  for (size_t i = 0; i < count; ++i) {
    if (!candidate_[i]) continue;
    // Moeller and Trumbore, Fast, Minimum Storage Ray/Triangle Intersection, 1997.
    const auto& face = mesh_.faces[i];
    const Eigen::Vector3f a = mesh_.vertices[face[0]];
    const Eigen::Vector3f e1 = mesh_.vertices[face[1]] - a, e2 = mesh_.vertices[face[2]] - a;
    const Eigen::Vector3f p = direction.cross(e2);
    const float determinant = e1.dot(p);
    if (std::abs(determinant) < 1e-12F) continue;
    const Eigen::Vector3f s = origin_ - a, q = s.cross(e1);
    const float u = s.dot(p) / determinant, v = direction.dot(q) / determinant;
    const float distance = e2.dot(q) / determinant;
    if (u < -kSlack || v < -kSlack || u + v > 1 + kSlack || distance <= 0) continue;
    if (best && distance <= best->distance) continue;
    best.emplace();
    best->distance = distance;
    if (!mesh_.colours.empty())
      best->colour = (1 - u - v) * mesh_.colours[face[0]] + u * mesh_.colours[face[1]] +
                     v * mesh_.colours[face[2]];
  }
  return best;
}

}  // namespace monodr::mesh_autoencoder
