// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace monodr::splats {

/// The surfels of one item, and its camera. Arrays are contiguous.
template <typename T>
struct Scene {
  const T* positions;   ///< [P,3] camera frame, metres
  const T* normals;     ///< [P,3] of length 1, outward
  const T* radii;       ///< [P] metres
  const T* colours;     ///< [P,3], or null
  const T* intrinsics;  ///< [3,3] pixels
  std::int64_t points;
};

/// What a surfel covers of a picture. With q = (distance / reach)^2 its cover is c = opacity (1 - q)^2 for q < 1, else 0.
enum class Footprint {
  /// Discs in the surface's tangent plane (Zakharov et al., CVPR 2020). The ray r = (x, y, 1) of a pixel meets the plane of
  /// surfel i at z_i = n_i p_i / n_i r; the distance is that of z_i r to p_i, the reach is the surfel's radius. Surfels that
  /// are turned away do not show.
  disc,
  /// Round spots in the picture (after Insafutdinov and Dosovitskiy, NeurIPS 2018). The distance is that of the pixel to
  /// the projection of p_i, the reach sqrt((f radius / z_i)^2 + (2.5 blur)^2) pixels, f^2 = fx fy; z_i is that of p_i.
  spot,
};

struct Settings {
  Footprint footprint = Footprint::disc;
  int height = 0, width = 0;
  double blur = 0;        ///< pixels (spot)
  double gamma = 0.05;    ///< metres behind the nearest surfel at which a weight falls by e
  double opacity = 0.99;  ///< < 1
  double near = 0.5, far = 200;
  bool cover_moves = true;  ///< whether the cover has a gradient
};

/// Pictures of one item, or their gradients; null = not asked for.
///
///     silhouette = 1 - prod_i (1 - c_i)
///     depth      = sum_i w_i z_i / sum_i w_i,    w_i = c_i exp((z - z_i) / gamma), z the nearest
///     colour     = likewise;  0 where nothing covers a pixel
template <typename T>
struct Pictures {
  T* silhouette;  ///< [H,W]
  T* depth;       ///< [H,W]
  T* colour;      ///< [3,H,W]
};

template <typename T>
struct Gradients {
  T* positions;  ///< [P,3]
  T* normals;    ///< [P,3]
  T* radii;      ///< [P]
  T* colours;    ///< [P,3], or null
};

/// On one thread, in the order of the points: the bits of an item hang on that item alone.
template <typename T>
void draw(const Scene<T>& scene, const Settings& settings, const Pictures<T>& pictures);

/// Adds to `gradients`; `pictures` as draw left them.
template <typename T>
void draw_backward(const Scene<T>& scene,
                   const Settings& settings,
                   const Pictures<T>& pictures,
                   const Pictures<T>& incoming,
                   const Gradients<T>& gradients);

}  // namespace monodr::splats
