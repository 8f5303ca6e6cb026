// SPDX-License-Identifier: Apache-2.0
#include "geometry/shape_agreement.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/random.h"
#include "geometry/nearest.h"
#include "geometry/occupancy.h"

namespace monodr {
namespace {

constexpr int kCells = 96;

/// Whether a canonical point lies inside; a margin of cells around the unit box.
class Inside {
 public:
  explicit Inside(const Mesh& mesh) {
    const Eigen::Vector3f half = Eigen::Vector3f::Constant(0.5F + 2.F / kCells);
    grid_ = cell_centres(-half, half, {kCells + 4, kCells + 4, kCells + 4});
    flags_ = inside(mesh, grid_);
  }
  bool operator()(const Eigen::Vector3f& point) const {
    std::array<int, 3> cell{};
    for (int axis = 0; axis < 3; ++axis) {
      cell[axis] =
          static_cast<int>(std::lround((point[axis] - grid_.low[axis]) / grid_.spacing[axis]));
      if (cell[axis] < 0 || cell[axis] >= grid_.counts[axis]) return false;
    }
    return flags_[grid_.index(cell[0], cell[1], cell[2])];
  }

 private:
  SampleGrid grid_;
  std::vector<bool> flags_;
};

std::vector<Eigen::Vector3f> in_lengths(std::vector<Eigen::Vector3f> points,
                                        const Eigen::Vector3f& shares) {
  for (auto& p : points) p = p.cwiseProduct(shares);
  return points;
}

// Mean over `from` of the distance to the nearest of `to`.
double mean_distance(const std::vector<Eigen::Vector3f>& from,
                     const std::vector<Eigen::Vector3f>& to) {
  const NearestPoints tree(to);
  double sum = 0;
  for (const auto& p : from) sum += (to[tree.nearest(p)] - p).norm();
  return sum / static_cast<double>(from.size());
}

}  // namespace

Eigen::Vector3f length_shares(const std::array<double, 3>& size_mean) {
  const auto length = static_cast<float>(size_mean[2]);
  return {
      1.F, static_cast<float>(size_mean[0]) / length, static_cast<float>(size_mean[1]) / length};
}

std::vector<Eigen::Vector3f> outer_points(const Mesh& mesh,
                                          const Eigen::Vector3f& shares,
                                          int count,
                                          std::uint64_t seed) {
  const Inside is_inside(mesh);
  std::vector<double> areas;  // running sum
  std::vector<Eigen::Vector3f> normals;
  double sum = 0;
  for (const auto& f : mesh.faces) {
    const Eigen::Vector3f a = mesh.vertices[f[0]].cwiseProduct(shares);
    const Eigen::Vector3f cross = (mesh.vertices[f[1]].cwiseProduct(shares) - a)
                                      .cross(mesh.vertices[f[2]].cwiseProduct(shares) - a);
    normals.push_back(cross.normalized());
    areas.push_back(sum += cross.norm());
  }
  MONODR_CHECK(sum > 0, "a mesh without area has no outer points");
  Random random(seed);
  std::vector<Eigen::Vector3f> points;
  const double start = random.uniform(0, 1);
  constexpr float kStep = 0.01F;
  for (int tries = 0; tries < 4 * count && static_cast<int>(points.size()) < count; ++tries) {
    // Steps of the golden ratio fill the running sum evenly, however many are taken.
    const double at = sum * std::fmod(start + tries * 0.6180339887498949, 1.0);
    const auto face = std::min<size_t>(
        std::upper_bound(areas.begin(), areas.end(), at) - areas.begin(), areas.size() - 1);
    const double root = std::sqrt(random.uniform(0, 1)), share = random.uniform(0, 1);
    const auto& f = mesh.faces[face];
    const Eigen::Vector3f point = static_cast<float>(1 - root) * mesh.vertices[f[0]] +
                                  static_cast<float>(root * (1 - share)) * mesh.vertices[f[1]] +
                                  static_cast<float>(root * share) * mesh.vertices[f[2]];
    if (!is_inside(point + (kStep * normals[face]).cwiseQuotient(shares))) points.push_back(point);
  }
  return points;
}

ShapeAgreement shape_agreement(const Mesh& a, const Mesh& b, const Eigen::Vector3f& shares) {
  constexpr int kFew = 10000, kMany = 100000;
  const auto few_a = in_lengths(outer_points(a, shares, kFew, 1), shares),
             few_b = in_lengths(outer_points(b, shares, kFew, 2), shares),
             many_a = in_lengths(outer_points(a, shares, kMany, 3), shares),
             many_b = in_lengths(outer_points(b, shares, kMany, 4), shares);
  return {volumetric_iou(a, b, kCells),
          (mean_distance(few_a, many_b) + mean_distance(few_b, many_a)) / 2};
}

}  // namespace monodr
