// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "plugin/observation.h"
#include "report/png.h"

namespace monodr {

// What a fit sees, as pictures: each pixel of the crop becomes a square of `kEnlarged` pixels.

constexpr int kEnlarged = 4;

RgbPicture image_picture(const Observation& observation);

/// White inside the mask, dark outside; pixels that are no evidence are hatched.
RgbPicture mask_picture(const Observation& observation);

/// From light (near) to dark (far), from `nearest` to `farthest` metres; hatched where there is
/// none.
RgbPicture depth_picture(const Observation& observation, double nearest, double farthest);

/// The rendered silhouette [S,S] against the mask: light where both are, blue where the silhouette
/// is missing, orange where it is too large, hatched where there is no evidence.
RgbPicture overlap_picture(const Observation& observation, const std::vector<float>& silhouette);

/// Intersection over union of both above one half, over known pixels.
double mask_overlap(const Observation& observation, const std::vector<float>& silhouette);

}  // namespace monodr
