// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "half_volume.h"

namespace monodr::shape_priors {

/// Where a vertex comes from: t of the way from one sample of the half volume to the next along an
/// axis of space, and how t follows the two values. A sample of the layer around is -1.
template <typename T>
struct Crossing {
  std::int32_t from = -1, to = -1;
  std::int32_t axis = 0;
  T t = 0, t_by_from = 0, t_by_to = 0;
};

/// The surface of one volume, moved and scaled to the canonical box:
///     vertex = (place - centre) / extent    with the bounding box of the places.
template <typename T>
struct VolumeMesh {
  std::vector<std::array<T, 3>> vertices;
  std::vector<std::array<std::int32_t, 3>> faces;
  std::vector<Crossing<T>> crossings;  ///< of each vertex
  std::array<T, 3> extent{1, 1, 1};
  std::array<std::int32_t, 6> extremes{};  ///< lowest vertex in x, y, z, then highest
};

/// The zero surface of `field` [half.size()], its largest connected part. A field without a
/// negative value is lowered as a whole until its lowest sample is just inside, so that there
/// always is a mesh; as a body this is meaningless, but it is closed and finite.
template <typename T>
VolumeMesh<T> mesh_of_volume(const HalfVolume& volume, const T* field);

/// Colours [V,3] between the two samples of each vertex; `colours` is [3, half.size()].
template <typename T>
void colours_of_volume(const VolumeMesh<T>& mesh, std::int64_t samples, const T* colours, T* out);

/// What the way back needs of one mesh.
template <typename T>
struct VolumeMeshView {
  std::int64_t vertex_count = 0;
  const T* vertices = nullptr;             ///< [V,3]
  const Crossing<T>* crossings = nullptr;  ///< [V]
  const T* extent = nullptr;               ///< [3]
  const std::int32_t* extremes = nullptr;  ///< [6]
};

/// Adds to the gradients of the field [half.size()] and of the colours [3, half.size()] what those
/// of vertices [V,3] and colours [V,3] (either may be null) make of them.
template <typename T>
void volume_mesh_backward(const HalfVolume& volume,
                          const VolumeMeshView<T>& mesh,
                          const T* colours,
                          const T* vertex_gradient,
                          const T* colour_gradient,
                          T* field_gradient,
                          T* colour_volume_gradient);

}  // namespace monodr::shape_priors
