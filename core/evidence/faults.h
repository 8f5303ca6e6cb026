// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/random.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "geometry/box.h"
#include "geometry/camera.h"
#include "settings/dataset.h"

namespace monodr {

/// What a made-up occluder leaves of the mask, and the pixels that it covers.
struct CutMask {
  BinaryMask mask;
  BinaryMask occluder;
};

/// An occluder with a straight edge comes in from the left, the right or below and covers `share`
/// of the mask's pixels (to the next row or column): what lies beyond the edge, out to the window's
/// border. share = 0 or an empty mask: nothing is covered.
CutMask cut_mask(const BinaryMask& mask, const CropWindow& window, double share, Random& random);

/// Moves the mask's border along its normal by
///   dilation - erosion + raggedness * field      (pixels of a 64 px crop, > 0 outwards),
/// field = a smooth random function of deviation 1 (smooth_field.h, bumps of about six pixels: what
/// mask networks round off). A pixel's side is that of its signed distance to the border plus the
/// distance by which the nearest border pixel moves; so nothing appears that does not hang together
/// with the border. Works inside `window`; all faults 0 returns the mask as it is.
BinaryMask moved_border(const BinaryMask& mask,
                        const CropWindow& window,
                        const MaskFaults& faults,
                        Random& random);

/// The depth map with errors around one object (mask, window):
///   z' = (s z + (1 - s) 1.6 m) * scale * (1 + bias + field) + pixel,
/// s = the mask blurred by `bleeding` (depth runs across the border into a background at 1.6 times
/// the object's median m; outside of the mask z = m; without bleeding s = 1 and z is the map's
/// own), bias ~ N(0, faults.bias) shared by the object (where `of_track`, drawn from N(0, 1) once for all frames of a track, is
/// given: faults.bias (sqrt(k) of_track + sqrt(1 - k) N(0, 1)), k = bias_kept), field = smooth with faults.nodes nodes, of
/// such deviation that bias and field together have `noise`, pixel ~ N(0, noise_metres) white.
/// Pixels of a sparse map that have no depth stay without. With row_step > 1 the map becomes
/// sparse. The map's relative deviation takes `noise` in; scale and bleeding are not stated.
DepthMap faulty_depth(const DepthMap& depth,
                      const BinaryMask& mask,
                      const CropWindow& window,
                      const DepthFaults& faults,
                      Random& random,
                      std::optional<double> of_track = {});

/// Moves each side by N(0, deviation) of the box's width or height.
Box2d jittered_box(const Box2d& box, double deviation, Random& random);

}  // namespace monodr
