// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/random.h"
#include "evidence/depth.h"
#include "evidence/image.h"
#include "geometry/box.h"
#include "geometry/camera.h"

namespace monodr {

/// What real networks get wrong, put into evidence, so that an experiment can ask how good its
/// input must be. Lengths are in pixels of a 64 px crop whatever the crop's resolution, so that a
/// fault keeps its size relative to the object. All defaults: no fault. The keys of [dataset] have
/// the same names (mask_erosion, depth_noise, box_jitter, ...).

struct MaskFaults {
  double erosion = 0;     ///< px of a 64 px crop by which the border moves inwards
  double dilation = 0;    ///< the same outwards; both together move it by the difference
  double raggedness = 0;  ///< px of a 64 px crop: deviation of a smooth random displacement
  double cut = 0;         ///< share of the mask's pixels that a made-up occluder takes away
  double cut_chance = 1;  ///< share of the objects that have such an occluder
  bool cut_known = true;  ///< its pixels are unknown; false: they pass for background
};

struct DepthFaults {
  double scale = 1;  ///< factor of all depths: the scale that a single camera cannot see
  double noise = 0;  ///< relative deviation of a pixel, all in all (its AbsRel: 0.8 times this)
  double bias = 0;   ///< the part of `noise` that one object shares; at most `noise`
  int nodes = 5;     ///< the rest is a smooth field with so many nodes a side of the crop
  double noise_metres = 0;  ///< m: deviation of an error of each pixel for itself, as LiDAR's
  double bleeding = 0;      ///< px of a 64 px crop over which depth runs across the border
  int row_step = 1;         ///< only one image row in so many has depth, as LiDAR's scan lines do

  bool any() const {
    return scale != 1 || noise > 0 || noise_metres > 0 || bleeding > 0 || row_step > 1;
  }
};

struct Faults {
  MaskFaults mask;
  DepthFaults depth;
  double box_jitter = 0;  ///< deviation of each side of the 2-D box, as a share of its extent
};

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
/// own), bias ~ N(0, faults.bias) shared by the object, field = smooth with faults.nodes nodes, of
/// such deviation that bias and field together have `noise`, pixel ~ N(0, noise_metres) white.
/// Pixels of a sparse map that have no depth stay without. With row_step > 1 the map becomes
/// sparse. The map's relative deviation takes `noise` in; scale and bleeding are not stated.
DepthMap faulty_depth(const DepthMap& depth,
                      const BinaryMask& mask,
                      const CropWindow& window,
                      const DepthFaults& faults,
                      Random& random);

/// Moves each side by N(0, deviation) of the box's width or height.
Box2d jittered_box(const Box2d& box, double deviation, Random& random);

}  // namespace monodr
