// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "evidence/image.h"
#include "geometry/camera.h"

namespace monodr {

/// The crop of a picture at the crop's resolution, row-major. When it shrinks, a crop pixel is the
/// mean over the image area it covers (so that thin things do not flicker and a mask becomes a
/// coverage); when it enlarges, linear interpolation between pixel centres.

/// [3, S, S] in 0..1; outside the image its border pixels are repeated.
std::vector<float> crop_colours(const ColourImage& image, const CropWindow& window);

/// [S, S], share of each crop pixel that is set; what lies outside the image counts as `outside`.
std::vector<float> crop_coverage(const BinaryMask& mask, const CropWindow& window, float outside);

}  // namespace monodr
