// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/batch.h"

namespace monodr {

/// The crops as a camera at the same place would take them that looks straight at their middles: the homography of 3D-RCNN's
/// regions of interest (Kundu et al., CVPR 2018),
///
///   K' R K^-1,    K' = [f' 0 S/2; 0 f' S/2; 0 0 1],    f' = f |ray| / share,
///
/// where `ray` = K^-1 (S/2, S/2, 1) and R turns it onto the optical axis about an axis that is upright to both, f is that of K
/// along each direction. Far from the optical axis a car is drawn wider than high, by 1 / cos of the angle, and this takes it
/// back: one allocentric heading looks alike anywhere. `share` as close_up() has it (plugin/close_up.h): the window's side over
/// the crop's, so that heights at the middle are as those there.
///
/// Pictures and masks are sampled linearly between pixel centres, depth and `known` from the nearest pixel, and beyond the crop
/// its border is repeated; depth is measured along the new axis, the box is that around the old one's turned corners, and the
/// intrinsics are K'. Row by row of the batch, and differentiable in nothing.
ObservationBatch facing_view(const ObservationBatch& batch, double share);

}  // namespace monodr
