// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "evidence/depth.h"
#include "evidence/image.h"
#include "geometry/box.h"
#include "geometry/camera.h"

namespace monodr {

/// Whether the object in `other` stands nearer than the one in `box`: its bottom edge is lower in
/// the image by more than 3 px. Holds for things that stand on flat ground; needs no depth.
bool is_in_front(const Box2d& other, const Box2d& box);

/// Where an object stands, as far as the depth under its 2-D box tells.
struct DepthLocus {
  double central = 0;  ///< typical_depth() in the middle of the box, metres; 0 = no depth there
  double ground = 0;   ///< y of the road around the object in the frame of camera 2, metres

  bool known() const { return central > 0; }
};

/// Metres below the camera between which the road is looked for.
struct GroundRange {
  double highest = 1.2, lowest = 2.3;  ///< KITTI's camera is mounted at 1.65 m
  double slope = 0;  ///< by which both grow with each metre of depth (a camera that is tilted)

  /// At this depth.
  GroundRange at(double z) const { return {highest + slope * z, lowest + slope * z, 0}; }
  /// As far from a camera at this height.
  static GroundRange around(double camera_height);
};

/// Central depth = typical_depth() in the middle of the box (20-80 % of the width, 25-85 % of the height)
/// without points that lie in a box of `nearer` (they would be the occluder's); ground = 97th
/// percentile of y among the points within 3 m of it, held within the range.
DepthLocus locate_depth(const DepthMap& depth,
                        const Camera& camera,
                        const Box2d& box,
                        const std::vector<Box2d>& nearer,
                        const GroundRange& range = {});

/// The same with a central depth that is known otherwise, as from the depth under a mask. Without
/// any point of that depth in the box the ground is taken as low as it may be.
DepthLocus locus_at(double central,
                    const DepthMap& depth,
                    const Camera& camera,
                    const Box2d& box,
                    const GroundRange& range = {});

/// Count up with every change that gives other masks: those that are kept are then cut anew.
inline constexpr int grabcut_version = 3;

/// Mask of the object in `box` by GrabCut (Rother, Kolmogorov, Blake 2004), seeded by the box and
/// by the depth where there is any. Inside the boxes of what stands in front (`nearer`) it starts
/// as background. Empty (all 0) where nothing is left of it. Deterministic.
BinaryMask grabcut_mask(const ColourImage& image,
                        const Box2d& box,
                        const std::vector<Box2d>& nearer,
                        const DepthMap& depth,
                        const Camera& camera,
                        const DepthLocus& locus);

/// Pixels near points that are nearer than the object by more than 2.5 m and stand above the
/// ground: whatever is seen there hides what lies behind.
BinaryMask depth_occluders(const Box2d& window,
                           const DepthMap& depth,
                           const Camera& camera,
                           const DepthLocus& locus);

}  // namespace monodr
