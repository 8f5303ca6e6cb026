// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plugin/batch.h"

namespace monodr {

/// The middle of the crops, enlarged to the crops' own size: a window whose side is `share` of the crop's,
///
///   u' = (u - S/2) / share + S/2,
///
/// pictures and masks sampled linearly between pixel centres, depth and `known` from the nearest pixel; box and intrinsics
/// go with them, so that the same object stands at the same place of the camera's frame. With share > 1 the window is larger than
/// the crop, and its border's pixels are repeated. Row by row of the batch, and differentiable in nothing.
ObservationBatch close_up(const ObservationBatch& batch, double share);

/// The way back of what was said of the window: maps [..,s,s] over it, at any resolution s, as [..,S,S] over the crop, linear
/// between their cells' centres and 0 outside of the window. Differentiable in the maps.
at::Tensor over_crop(const at::Tensor& maps, double share, int64_t size);

}  // namespace monodr
