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
                   int resolution,
                   std::vector<std::vector<Crossing>>& columns) {
  Eigen::Vector3f a = mesh.vertices[face[0]], b = mesh.vertices[face[1]],
                  c = mesh.vertices[face[2]];
  const double area = edge(a, b, c.x(), c.z());
  if (area == 0) return;
  if (area < 0) std::swap(b, c);
  // An outward normal with negative y is met from outside by a line along +y.
  const int turn = area > 0 ? 1 : -1;
  const auto first_cell = [&](float low) {
    return std::max(0, static_cast<int>(std::ceil((low + 0.5) * resolution - 0.5)));
  };
  const auto last_cell = [&](float high) {
    return std::min(resolution - 1, static_cast<int>(std::floor((high + 0.5) * resolution - 0.5)));
  };
  const auto [x_low, x_high] = std::minmax({a.x(), b.x(), c.x()});
  const auto [z_low, z_high] = std::minmax({a.z(), b.z(), c.z()});
  for (int i = first_cell(x_low); i <= last_cell(x_high); ++i) {
    for (int k = first_cell(z_low); k <= last_cell(z_high); ++k) {
      const double x = (i + 0.5) / resolution - 0.5, z = (k + 0.5) / resolution - 0.5;
      const double wa = edge(b, c, x, z), wb = edge(c, a, x, z), wc = edge(a, b, x, z);
      if (!inside_edge(wa, b, c) || !inside_edge(wb, c, a) || !inside_edge(wc, a, b)) continue;
      const double y = (wa * a.y() + wb * b.y() + wc * c.y()) / (wa + wb + wc);
      columns[i * resolution + k].push_back({static_cast<float>(y), turn});
    }
  }
}

}  // namespace

std::vector<bool> occupancy(const Mesh& mesh, int resolution) {
  MONODR_CHECK(resolution > 0, "an occupancy grid needs cells");
  std::vector<std::vector<Crossing>> columns(resolution * resolution);
  for (const auto& face : mesh.faces) add_crossings(mesh, face, resolution, columns);

  std::vector<bool> cells(static_cast<size_t>(resolution) * resolution * resolution);
  for (size_t column = 0; column < columns.size(); ++column) {
    auto& crossings = columns[column];
    std::sort(crossings.begin(), crossings.end(), [](auto& l, auto& r) { return l.y < r.y; });
    int winding = 0;
    size_t next = 0;
    for (int j = 0; j < resolution; ++j) {
      const double y = (j + 0.5) / resolution - 0.5;
      while (next < crossings.size() && crossings[next].y <= y) winding += crossings[next++].turn;
      cells[column * resolution + j] = winding > 0;
    }
  }
  return cells;
}

double volumetric_iou(const Mesh& a, const Mesh& b, int resolution) {
  const std::vector<bool> in_a = occupancy(a, resolution), in_b = occupancy(b, resolution);
  size_t both = 0, either = 0;
  for (size_t i = 0; i < in_a.size(); ++i) {
    both += in_a[i] && in_b[i];
    either += in_a[i] || in_b[i];
  }
  return either == 0 ? 1 : static_cast<double>(both) / static_cast<double>(either);
}

}  // namespace monodr
