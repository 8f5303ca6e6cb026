// SPDX-License-Identifier: Apache-2.0
#include "fitting/acceptance.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "fitting/observed_points.h"
#include "geometry/overlap.h"
#include "geometry/signed_distance.h"
#include "plugin/decoded_mesh.h"

namespace monodr {
namespace {

constexpr size_t kMostPoints = 128;

/// In the camera's own frame, as the measured points are.
Mesh posed_mesh(const ObjectiveValue& value, int64_t row) {
  DecodedShape posed = value.shape;
  posed.vertices = posed.surfels.positions = value.hypothesis.vertices;
  return mesh_of(posed, row);
}

bool is_near(const Eigen::Vector3f& point, const Mesh& mesh, float distance) {
  const float square = distance * distance;
  for (const std::array<int, 3>& face : mesh.faces) {
    const Eigen::Vector3f& a = mesh.vertices[static_cast<size_t>(face[0])];
    const Eigen::Vector3f& b = mesh.vertices[static_cast<size_t>(face[1])];
    const Eigen::Vector3f& c = mesh.vertices[static_cast<size_t>(face[2])];
    const Eigen::Array3f low = a.cwiseMin(b).cwiseMin(c).array() - distance;
    const Eigen::Array3f high = a.cwiseMax(b).cwiseMax(c).array() + distance;
    if ((point.array() < low).any() || (point.array() > high).any()) continue;
    const Eigen::Vector3f w = nearest_on_triangle(point, a, b, c);
    if ((w.x() * a + w.y() * b + w.z() * c - point).squaredNorm() <= square) return true;
  }
  if (!mesh.faces.empty()) return false;
  return std::any_of(mesh.vertices.begin(), mesh.vertices.end(), [&](const Eigen::Vector3f& v) {
    return (v - point).squaredNorm() <= square;
  });
}

/// The lower of two scores in one place goes, from the highest score down.
void suppress(double overlap, std::vector<FittedObject>& objects) {
  std::vector<size_t> order(objects.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return objects[a].score > objects[b].score;
  });
  std::vector<size_t> kept;
  for (const size_t i : order) {
    FittedObject& object = objects[i];
    if (!object.failure.empty()) continue;
    const auto stronger = std::find_if(kept.begin(), kept.end(), [&](size_t k) {
      return objects[k].frame == object.frame && bev_overlap(objects[k].box, object.box) > overlap;
    });
    if (stronger == kept.end())
      kept.push_back(i);
    else
      object.failure = fmt::format(
          "refused: it stands where object {} of its frame stands, which scores higher "
          "(fit.suppress_overlap)",
          objects[*stronger].object);
  }
}

}  // namespace

double points_near_surface(const ObservationBatch& batch,
                           int64_t object,
                           const ObjectiveValue& value,
                           double distance) {
  const std::vector<Eigen::Vector3f> points = thinned(observed_points(batch, object), kMostPoints);
  if (points.empty()) return 1;
  const Mesh mesh = posed_mesh(value, object);
  const auto near = std::count_if(points.begin(), points.end(), [&](const Eigen::Vector3f& p) {
    return is_near(p, mesh, static_cast<float>(distance));
  });
  return static_cast<double>(near) / static_cast<double>(points.size());
}

void refuse_results(const AcceptanceSettings& settings,
                    const ObservationBatch& batch,
                    const ObjectiveValue& value,
                    const at::Tensor& mask_overlap,
                    std::vector<FittedObject>& objects) {
  for (size_t i = 0; i < objects.size(); ++i) {
    FittedObject& object = objects[i];
    if (!object.failure.empty()) continue;
    const int64_t row = static_cast<int64_t>(i);
    const double overlap = mask_overlap.select(0, row).item<double>();
    if (overlap < settings.mask_overlap) {
      object.failure = fmt::format(
          "refused: its mask overlaps the observed one by {:.2f}, fit.accept_mask_overlap is {:g}",
          overlap,
          settings.mask_overlap);
      continue;
    }
    if (settings.points_share <= 0) continue;
    const double near = points_near_surface(batch, row, value, settings.points_distance);
    if (near < settings.points_share)
      object.failure = fmt::format(
          "refused: {:.0f} % of the measured points lie within {:g} m of its surface, "
          "fit.accept_points_share is {:.0f} %",
          100 * near,
          settings.points_distance,
          100 * settings.points_share);
  }
  if (settings.suppress_overlap < 1) suppress(settings.suppress_overlap, objects);
}

}  // namespace monodr
