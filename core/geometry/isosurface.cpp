// SPDX-License-Identifier: Apache-2.0
#include "geometry/isosurface.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "geometry/isosurface_cases.h"

namespace monodr {
namespace {

// The vertex on each line between two samples, by the first sample and the axis. Only those of
// lines that cross the surface are ever written or read.
class VertexNumbers {
 public:
  explicit VertexNumbers(size_t samples) : numbers_(new std::int32_t[3 * samples]) {}
  std::int32_t& at(size_t sample, int axis) { return numbers_[3 * sample + axis]; }

 private:
  std::unique_ptr<std::int32_t[]> numbers_;
};

struct Strides {
  std::array<size_t, 3> of_axis;
  std::array<size_t, 8> of_corner;

  explicit Strides(const std::array<int, 3>& counts)
      : of_axis{static_cast<size_t>(counts[1]) * counts[2], static_cast<size_t>(counts[2]), 1} {
    for (int corner = 0; corner < 8; ++corner)
      of_corner[corner] = (corner & 1) * of_axis[0] + (corner >> 1 & 1) * of_axis[1] +
                          (corner >> 2 & 1) * of_axis[2];
  }
};

template <typename T>
void add_vertices(const T* values,
                  const std::vector<unsigned char>& is_inside,
                  const std::array<int, 3>& counts,
                  const Strides& strides,
                  VertexNumbers& numbers,
                  Isosurface<T>& surface) {
  std::array<int, 3> place;
  size_t sample = 0;
  for (place[0] = 0; place[0] < counts[0]; ++place[0]) {
    for (place[1] = 0; place[1] < counts[1]; ++place[1]) {
      for (place[2] = 0; place[2] < counts[2]; ++place[2], ++sample) {
        for (int axis = 0; axis < 3; ++axis) {
          if (place[axis] + 1 == counts[axis]) continue;
          const size_t next = sample + strides.of_axis[axis];
          if (is_inside[sample] == is_inside[next]) continue;
          numbers.at(sample, axis) = static_cast<std::int32_t>(surface.vertices.size());
          const T a = values[sample], b = values[next];
          surface.vertices.push_back(
              {static_cast<std::int32_t>(sample), static_cast<std::int32_t>(next), a / (a - b)});
        }
      }
    }
  }
}

template <typename T>
void add_faces(const std::vector<unsigned char>& is_inside,
               const std::array<int, 3>& counts,
               const Strides& strides,
               VertexNumbers& numbers,
               Isosurface<T>& surface) {
  const auto& cases = cube_cases();
  std::array<size_t, 12> edge_offset;
  for (int edge = 0; edge < 12; ++edge) edge_offset[edge] = strides.of_corner[edge_corner(edge)];
  for (int i = 0; i + 1 < counts[0]; ++i) {
    for (int j = 0; j + 1 < counts[1]; ++j) {
      const size_t row = i * strides.of_axis[0] + j * strides.of_axis[1];
      const unsigned char* low = is_inside.data() + row;
      // Corners 0..3, then 4..7: the latter are the former of the next cube in the row.
      const auto corners = [&](int k) {
        return low[k] | low[k + strides.of_corner[1]] << 1 | low[k + strides.of_corner[2]] << 2 |
               low[k + strides.of_corner[3]] << 3;
      };
      int near = corners(0);
      for (int k = 0; k + 1 < counts[2]; ++k) {
        const int far = corners(k + 1), cube_case = near | far << 4;
        near = far;
        if (cube_case == 0 || cube_case == 255) continue;
        const auto vertex = [&](int edge) {
          return numbers.at(row + k + edge_offset[edge], edge / 4);
        };
        for (const auto& [a, b, c] : cases[cube_case])
          surface.faces.push_back({vertex(a), vertex(b), vertex(c)});
      }
    }
  }
}

std::int32_t root_of(std::vector<std::int32_t>& parent, std::int32_t vertex) {
  while (parent[vertex] != vertex) vertex = parent[vertex] = parent[parent[vertex]];
  return vertex;
}

}  // namespace

template <typename T>
Isosurface<T> isosurface(const T* values, const std::array<int, 3>& counts) {
  const size_t samples = static_cast<size_t>(counts[0]) * counts[1] * counts[2];
  std::vector<unsigned char> is_inside(samples);
  for (size_t i = 0; i < samples; ++i) is_inside[i] = values[i] < 0;
  const Strides strides(counts);
  VertexNumbers numbers(samples);
  Isosurface<T> surface;
  add_vertices(values, is_inside, counts, strides, numbers, surface);
  surface.faces.reserve(2 * surface.vertices.size());
  add_faces(is_inside, counts, strides, numbers, surface);
  return surface;
}

template <typename T>
void keep_largest_part(Isosurface<T>& surface) {
  std::vector<std::int32_t> parent(surface.vertices.size());
  std::iota(parent.begin(), parent.end(), 0);
  for (const auto& [a, b, c] : surface.faces) {
    const std::int32_t root = root_of(parent, a);
    parent[root_of(parent, b)] = root;
    parent[root_of(parent, c)] = root;
  }
  std::vector<std::int32_t> faces_of(parent.size(), 0);
  for (const auto& face : surface.faces) ++faces_of[root_of(parent, face[0])];
  const auto largest = std::max_element(faces_of.begin(), faces_of.end()) - faces_of.begin();
  if (faces_of.empty() || faces_of[largest] == static_cast<int>(surface.faces.size())) return;

  const auto is_kept = [&](std::int32_t vertex) { return root_of(parent, vertex) == largest; };
  std::vector<std::int32_t> renumbered(parent.size());
  std::vector<SurfaceVertex<T>> vertices;
  for (size_t v = 0; v < surface.vertices.size(); ++v) {
    if (!is_kept(static_cast<std::int32_t>(v))) continue;
    renumbered[v] = static_cast<std::int32_t>(vertices.size());
    vertices.push_back(surface.vertices[v]);
  }
  std::erase_if(surface.faces, [&](const auto& face) { return !is_kept(face[0]); });
  for (auto& face : surface.faces)
    for (auto& vertex : face) vertex = renumbered[vertex];
  surface.vertices = std::move(vertices);
}

template Isosurface<float> isosurface(const float*, const std::array<int, 3>&);
template Isosurface<double> isosurface(const double*, const std::array<int, 3>&);
template void keep_largest_part(Isosurface<float>&);
template void keep_largest_part(Isosurface<double>&);

}  // namespace monodr
