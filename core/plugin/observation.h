// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "geometry/camera.h"

namespace monodr {

/// What the method may see of one object: a square crop of the image, its mask and its depth, the
/// detected 2-D box and score, the camera. Nothing here derives from a 3-D box; that is the claim
/// "without 3-D labels", and the type keeps it.
///
/// Images are row-major, size x size, cut from the frame by `crop`.
struct Observation {
  std::string frame;     ///< id of the image, "000123"
  int object = 0;        ///< running number of the detection in its frame
  std::string category;  ///< "Car"
  double score = 1;      ///< certainty of the 2-D detection, 0..1
  Box2d box;             ///< detected 2-D box, image pixels
  Camera camera;
  CropWindow crop;

  std::vector<float> image;    ///< [3, S, S], RGB in [0,1]
  std::vector<float> mask;     ///< [S, S], share of the pixel covered by the object, 0..1
  std::vector<float> known;    ///< [S, S], 1 where `mask` is evidence; 0 behind an object in front
                               ///< and outside the image
  std::vector<float> depth;    ///< [S, S], metres along the optical axis, 0 = none
  double depth_deviation = 0;  ///< stated relative deviation of the depth's noise (0.1 = 10 %);
                               ///< 0 = as good as LiDAR
  /// Left, top, right, bottom: 1 where no unknown pixel touches that side of the box, so that the
  /// side is the object's own border and not an occluder's or the image's.
  std::array<float, 4> free_sides{1, 1, 1, 1};
};

}  // namespace monodr
