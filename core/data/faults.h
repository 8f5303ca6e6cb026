// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "data/depth.h"
#include "data/image.h"
#include "data/random.h"
#include "geometry/box.h"
#include "geometry/camera.h"

namespace monodr {

/// What real networks get wrong, put into evidence that is perfect otherwise, so that an
/// experiment can ask how good its input must be. Lengths are in pixels of a 64 px crop whatever
/// the crop's resolution, so that a fault keeps its size relative to the object.

/// Standard Gaussian field over a square, size x size: independent normals at nodes x nodes points
/// (the outer ones on the border), Catmull-Rom interpolation, scaled to deviation 1 everywhere.
std::vector<float> smooth_field(int nodes, int size, Random& random);

/// Moves the mask's border by a smooth random distance of mean 0 and standard deviation
/// `deviation` (pixels of a 64 px crop) along its normal: outwards here, inwards there. A pixel's
/// side is that of its signed distance to the border plus the distance by which the nearest border
/// pixel moves; so nothing appears that does not hang together with the border. Works inside
/// `window`; 0 returns the mask as it is.
BinaryMask ragged_mask(const BinaryMask& mask,
                       const CropWindow& window,
                       double deviation,
                       Random& random);

struct DepthNoise {
  double deviation = 0.1;  ///< total relative standard deviation of a pixel
  double bias = 0.05;      ///< deviation of the part that one object shares; at most `deviation`
};

/// The depth map with a depth network's errors around one object (mask, window):
///   z' = ((1 - b) 1.6 m + b z) (1 + bias + field),
/// b = the mask blurred by 1.2 px (depth bleeds across the border into a background at 1.6 times
/// the object's median m), bias ~ N(0, noise.bias) shared by the object, field = smooth over 5x5
/// nodes, of such deviation that bias and field together have `noise.deviation`.
/// States `noise.deviation` as the map's relative deviation.
DepthMap noisy_depth(const DepthMap& depth,
                     const BinaryMask& mask,
                     const CropWindow& window,
                     const DepthNoise& noise,
                     Random& random);

/// Moves each side by N(0, deviation) of the box's width or height.
Box2d jittered_box(const Box2d& box, double deviation, Random& random);

}  // namespace monodr
