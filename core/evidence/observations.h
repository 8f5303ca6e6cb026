// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "evidence/depth.h"
#include "evidence/image.h"
#include "evidence/masks.h"
#include "plugin/observation.h"

namespace monodr {

/// What the whole frame gives to each of its objects.
struct FrameEvidence {
  std::string frame;  ///< id
  ColourImage image;
  Camera camera;       ///< with the image's size
  GroundRange ground;  ///< where the road may lie below the camera
};

/// What was found of one object, in image pixels.
struct ObjectEvidence {
  int number = 0;  ///< running number of its line in the file its box came from, from 0
  std::string category;
  double score = 1;
  Box2d box;                   ///< of what is visible, as far as the source tells
  bool box_is_amodal = false;  ///< `box` takes hidden parts in, by the user's word
  BinaryMask mask;             ///< visible part
  BinaryMask hidden;           ///< 1 where something in front may hide the object
  DepthLocus locus;            ///< not known() where there is no depth
};

/// Cuts the crop: image, mask, known, depth, free sides.
///
/// known = 0 outside the image and where `hidden` covers most of the pixel, but never inside the
/// object's own mask. Depth: inside the mask; a sparse map (LiDAR) gives each crop pixel its
/// nearest point within 3 m plus twice its deviation of the central depth and at least 0.2 m above
/// the ground, an estimated map the value at the pixel's centre within the same range of the
/// median. The sides of an amodal box are its own wherever they lie in the image; those of another
/// one as free_sides tells. `depth` may be empty.
Observation build_observation(const FrameEvidence& frame,
                              const DepthMap& depth,
                              const ObjectEvidence& object,
                              double crop_margin,
                              int image_size);

/// The side rule: a side of the box (given in crop pixels) counts as the object's own border if at
/// least 70 % of the pixels in the strip of 4 px (of a 64 px crop) outside along it are known. Only
/// outside: inside lies the object itself, which is known wherever the box ends, and at the image's
/// border a strip on both sides takes a cut car for a whole one as soon as the detected box ends a
/// pixel too early. A side of which the crop shows nothing does not count. Left, top, right,
/// bottom; 1 or 0.
std::array<float, 4> free_sides(const std::vector<float>& known, int size, const Box2d& box);

}  // namespace monodr
