// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace monodr {

/// N upright boxes as tensors: camera frame, metres, radians (geometry/rotation.h).
struct UprightBoxes {
  at::Tensor location;    ///< [N,3] centre of the bottom face, z > 0
  at::Tensor dimensions;  ///< [N,3] height, width, length
  at::Tensor rotation_y;  ///< [N]
};

/// [N,8,3]: corner i has the signs (length, height, width) = bits (2, 1, 0) of i, so that corners of two boxes with the
/// same i belong together. Turned by half a circle, a box has other corners in the same places:
///     B_i = R_y(rotation_y) (+-l/2, +-h/2, +-w/2) + location - (0, h/2, 0)
at::Tensor box_corners(const UprightBoxes& boxes);

/// [N] mean over the corners of |B_i - T_i|, metres, rounded off to a square within a centimetre of zero (RoI-10D, Manhardt
/// et al., CVPR 2019: one distance in space in place of weights between position, size and angle). Differentiable.
at::Tensor corner_distance(const UprightBoxes& boxes, const UprightBoxes& targets);

/// [N] the sum of four such distances, of boxes that have one thing of their own and all else of the target: where the
/// centre is seen (x/z, y/z), its depth z, the dimensions, the allocentric angle rotation_y - atan(x/z). RoI-10D's warm-up: a
/// wrong depth then hides nothing of the rest.
at::Tensor lifted_corner_distance(const UprightBoxes& boxes, const UprightBoxes& targets);

}  // namespace monodr
