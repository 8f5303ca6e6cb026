// SPDX-License-Identifier: Apache-2.0
#include "volume_mesh.h"

#include <algorithm>

#include "base/error.h"
#include "geometry/isosurface.h"

namespace monodr::shape_priors {
namespace {

// Values on the whole grid; lowered where nothing would be inside.
template <typename T>
std::vector<T> whole_values(const HalfVolume& volume, const T* field) {
  const T lowest = *std::min_element(field, field + volume.samples());
  // A tenth of the truncation: inside by a margin that keeps the extent of the mesh well above 0.
  const T lowered = lowest < 0 ? T(0) : lowest + T(0.1) * T(volume.truncation);
  std::vector<T> values(volume.whole.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const std::int32_t sample = volume.half_of_whole[i];
    values[i] = sample < 0 ? T(volume.truncation) : field[sample] - lowered;
  }
  return values;
}

template <typename T>
void scale_to_unit_box(VolumeMesh<T>& mesh) {
  std::array<T, 3> centre;
  for (int axis = 0; axis < 3; ++axis) {
    const auto [low, high] = std::minmax_element(
        mesh.vertices.begin(), mesh.vertices.end(), [axis](const auto& l, const auto& r) {
          return l[axis] < r[axis];
        });
    mesh.extremes[axis] = static_cast<std::int32_t>(low - mesh.vertices.begin());
    mesh.extremes[3 + axis] = static_cast<std::int32_t>(high - mesh.vertices.begin());
    mesh.extent[axis] = (*high)[axis] - (*low)[axis];
    centre[axis] = ((*high)[axis] + (*low)[axis]) / 2;
  }
  for (auto& v : mesh.vertices)
    for (int axis = 0; axis < 3; ++axis) v[axis] = (v[axis] - centre[axis]) / mesh.extent[axis];
}

}  // namespace

template <typename T>
VolumeMesh<T> mesh_of_volume(const HalfVolume& volume, const T* field) {
  const std::vector<T> values = whole_values(volume, field);
  Isosurface<T> surface = isosurface(values.data(), volume.whole.counts);
  MONODR_CHECK(!surface.faces.empty(), "a volume with values that are not finite has no surface");
  keep_largest_part(surface);

  const SampleGrid& whole = volume.whole;
  const std::int32_t row = whole.counts[2], layer = row * whole.counts[1];
  VolumeMesh<T> mesh;
  mesh.faces = std::move(surface.faces);
  mesh.vertices.reserve(surface.vertices.size());
  mesh.crossings.reserve(surface.vertices.size());
  for (const SurfaceVertex<T>& v : surface.vertices) {
    const std::int32_t step = v.to - v.from, axis = step == layer ? 0 : step == row ? 1 : 2;
    const std::array<int, 3> place{v.from / layer, v.from % layer / row, v.from % row};
    std::array<T, 3> vertex;
    for (int k = 0; k < 3; ++k)
      vertex[k] = T(whole.low[k]) + (T(place[k]) + (k == axis ? v.t : T(0))) * T(whole.spacing[k]);
    mesh.vertices.push_back(vertex);
    const T a = values[v.from], b = values[v.to], slope = 1 / ((a - b) * (a - b));
    mesh.crossings.push_back({volume.half_of_whole[v.from],
                              volume.half_of_whole[v.to],
                              axis,
                              v.t,
                              -b * slope,
                              a * slope});
  }
  scale_to_unit_box(mesh);
  return mesh;
}

template <typename T>
void colours_of_volume(const VolumeMesh<T>& mesh, std::int64_t samples, const T* colours, T* out) {
  for (const Crossing<T>& c : mesh.crossings) {
    // The layer around has no colours of its own.
    const std::int32_t from = c.from < 0 ? c.to : c.from, to = c.to < 0 ? c.from : c.to;
    for (int channel = 0; channel < 3; ++channel) {
      const T* volume = colours + channel * samples;
      *out++ = volume[from] + c.t * (volume[to] - volume[from]);
    }
  }
}

template <typename T>
void volume_mesh_backward(const HalfVolume& volume,
                          const VolumeMeshView<T>& mesh,
                          const T* colours,
                          const T* vertex_gradient,
                          const T* colour_gradient,
                          T* field_gradient,
                          T* colour_volume_gradient) {
  const std::int64_t samples = volume.samples();
  std::vector<T> by_t(mesh.vertex_count, T(0));
  if (vertex_gradient != nullptr) {
    // v = (p - (low + high) / 2) / (high - low): every vertex pulls at the six extreme ones.
    std::array<T, 3> by_low{}, by_high{};
    for (std::int64_t i = 0; i < mesh.vertex_count; ++i)
      for (int k = 0; k < 3; ++k) {
        const T g = vertex_gradient[3 * i + k] / mesh.extent[k], v = mesh.vertices[3 * i + k];
        by_low[k] += g * (v - T(0.5));
        by_high[k] -= g * (v + T(0.5));
      }
    for (std::int64_t i = 0; i < mesh.vertex_count; ++i) {
      const int axis = mesh.crossings[i].axis;
      by_t[i] = vertex_gradient[3 * i + axis] / mesh.extent[axis] * T(volume.whole.spacing[axis]);
    }
    for (int k = 0; k < 3; ++k) {
      const auto pull = [&](std::int32_t vertex, T gradient) {
        if (mesh.crossings[vertex].axis == k) by_t[vertex] += gradient * T(volume.whole.spacing[k]);
      };
      pull(mesh.extremes[k], by_low[k]);
      pull(mesh.extremes[3 + k], by_high[k]);
    }
  }
  for (std::int64_t i = 0; i < mesh.vertex_count; ++i) {
    const Crossing<T>& c = mesh.crossings[i];
    const std::int32_t from = c.from < 0 ? c.to : c.from, to = c.to < 0 ? c.from : c.to;
    for (int channel = 0; channel < 3 && colour_gradient != nullptr; ++channel) {
      const T g = colour_gradient[3 * i + channel];
      const T* volume_colours = colours + channel * samples;
      by_t[i] += g * (volume_colours[to] - volume_colours[from]);
      if (colour_volume_gradient == nullptr) continue;
      colour_volume_gradient[channel * samples + from] += g * (1 - c.t);
      colour_volume_gradient[channel * samples + to] += g * c.t;
    }
    if (field_gradient == nullptr) continue;
    if (c.from >= 0) field_gradient[c.from] += by_t[i] * c.t_by_from;
    if (c.to >= 0) field_gradient[c.to] += by_t[i] * c.t_by_to;
  }
}

template VolumeMesh<float> mesh_of_volume(const HalfVolume&, const float*);
template VolumeMesh<double> mesh_of_volume(const HalfVolume&, const double*);
template void colours_of_volume(const VolumeMesh<float>&, std::int64_t, const float*, float*);
template void colours_of_volume(const VolumeMesh<double>&, std::int64_t, const double*, double*);
template void volume_mesh_backward(const HalfVolume&,
                                   const VolumeMeshView<float>&,
                                   const float*,
                                   const float*,
                                   const float*,
                                   float*,
                                   float*);
template void volume_mesh_backward(const HalfVolume&,
                                   const VolumeMeshView<double>&,
                                   const double*,
                                   const double*,
                                   const double*,
                                   double*,
                                   double*);

}  // namespace monodr::shape_priors
