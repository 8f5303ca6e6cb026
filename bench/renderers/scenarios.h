// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "plugin/renderer.h"

namespace monodr::bench {

/// The scenarios' definition of the work, made from its formula so that it needs no files:
/// car-sized ellipsoids, item b turned by 0.3 + 0.4 b rad, 15 m before a camera whose focal length
/// lets the longer side of the projected box fill 60 % of a square image. NDC [-1, 1]^2 spans the
/// image.
struct Scene {
  RenderInput input;             ///< float32; vertices require a gradient
  at::Tensor target_silhouette;  ///< [B,S,S] hard render of the mesh moved by (0.3, 0.1, 0) m
  at::Tensor target_depth, target_colour;
  at::Tensor target_hit;  ///< where target_depth shows anything
};

/// `mesh`: "ico3", "ico4" (icospheres of 1280 and 5120 faces), "geo20k", "geo100k" (geodesic
/// spheres of 20 480 and 100 820 faces).
Scene make_scene(const std::string& mesh, int batch, int size);

/// Number of (pixel, face) pairs whose cover counts, by plain enumeration.
std::int64_t count_pairs(const Scene& scene, int size, double squared_radius_px);

}  // namespace monodr::bench
