// SPDX-License-Identifier: Apache-2.0
#include "geometry/occupancy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace monodr {
namespace {

struct Crossing {
  float y;
  int turn;  // +1 where a line along +y enters, -1 where it leaves
};

// Twice the signed area of (a, b, p) in the plane of x and z. Antisymmetric in a and b to the last
// bit, so that a line through a shared edge crosses exactly one of its faces.
double edge(const Eigen::Vector3f& a, const Eigen::Vector3f& b, double x, double z) {
  const bool swapped = std::pair(a.x(), a.z()) > std::pair(b.x(), b.z());
  const Eigen::Vector3d from = (swapped ? b : a).cast<double>(),
                        to = (swapped ? a : b).cast<double>();
  const double area = (to.x() - from.x()) * (z - from.z()) - (to.z() - from.z()) * (x - from.x());
  return swapped ? -area : area;
}

bool inside_edge(double value, const Eigen::Vector3f& a, const Eigen::Vector3f& b) {
  if (value != 0) return value > 0;
  return std::pair(a.x(), a.z()) < std::pair(b.x(), b.z());
}

void add_crossings(const Mesh& mesh,
                   const std::array<int, 3>& face,
                   const SampleGrid& grid,
                   std::vector<std::vector<Crossing>>& columns) {
  Eigen::Vector3f a = mesh.vertices[face[0]], b = mesh.vertices[face[1]],
                  c = mesh.vertices[face[2]];
  const double area = edge(a, b, c.x(), c.z());
  if (area == 0) return;
  if (area < 0) std::swap(b, c);
  // An outward normal with negative y is met from outside by a line along +y.
  const int turn = area > 0 ? 1 : -1;
  // One more on either side: the division may round past a sample that the face covers.
  const auto first_sample = [&](int axis, float low) {
    return std::max(0, static_cast<int>(std::floor((low - grid.low[axis]) / grid.spacing[axis])));
  };
  const auto last_sample = [&](int axis, float high) {
    return std::min(grid.counts[axis] - 1,
                    static_cast<int>(std::ceil((high - grid.low[axis]) / grid.spacing[axis])));
  };
  const auto [x_low, x_high] = std::minmax({a.x(), b.x(), c.x()});
  const auto [z_low, z_high] = std::minmax({a.z(), b.z(), c.z()});
  for (int i = first_sample(0, x_low); i <= last_sample(0, x_high); ++i) {
    for (int k = first_sample(2, z_low); k <= last_sample(2, z_high); ++k) {
      const double x = grid.coordinate(0, i), z = grid.coordinate(2, k);
      const double wa = edge(b, c, x, z), wb = edge(c, a, x, z), wc = edge(a, b, x, z);
      if (!inside_edge(wa, b, c) || !inside_edge(wb, c, a) || !inside_edge(wc, a, b)) continue;
      const double y = (wa * a.y() + wb * b.y() + wc * c.y()) / (wa + wb + wc);
      columns[static_cast<size_t>(i) * grid.counts[2] + k].push_back({static_cast<float>(y), turn});
    }
  }
}

}  // namespace

std::vector<bool> inside(const Mesh& mesh, const SampleGrid& grid) {
  MONODR_CHECK(grid.size() > 0, "a grid needs samples");
  std::vector<std::vector<Crossing>> columns(static_cast<size_t>(grid.counts[0]) * grid.counts[2]);
  for (const auto& face : mesh.faces) add_crossings(mesh, face, grid, columns);

  std::vector<bool> result(grid.size());
  for (int i = 0; i < grid.counts[0]; ++i) {
    for (int k = 0; k < grid.counts[2]; ++k) {
      auto& crossings = columns[static_cast<size_t>(i) * grid.counts[2] + k];
      std::sort(crossings.begin(), crossings.end(), [](auto& l, auto& r) { return l.y < r.y; });
      int winding = 0;
      size_t next = 0;
      for (int j = 0; j < grid.counts[1]; ++j) {
        const float y = grid.coordinate(1, j);
        while (next < crossings.size() && crossings[next].y <= y) winding += crossings[next++].turn;
        result[grid.index(i, j, k)] = winding > 0;
      }
    }
  }
  return result;
}

double volumetric_iou(const Mesh& a, const Mesh& b, int resolution) {
  const SampleGrid grid = cell_centres(Eigen::Vector3f::Constant(-0.5f),
                                       Eigen::Vector3f::Constant(0.5f),
                                       {resolution, resolution, resolution});
  const std::vector<bool> in_a = inside(a, grid), in_b = inside(b, grid);
  size_t both = 0, either = 0;
  for (size_t i = 0; i < in_a.size(); ++i) {
    both += in_a[i] && in_b[i];
    either += in_a[i] || in_b[i];
  }
  return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

}  // namespace monodr
