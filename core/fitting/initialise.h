// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/object_state.h"

namespace monodr {

/// Where the fits begin: K rows an object, rows of one object together, [B * K, columns].
///
/// - position: the centre of the 2-D box;
/// - depth, by `start_depth`: the median observed depth under the mask plus `start_depth_offset`
///   (what is seen is the near surface, not the centre), or fy * class height / box height, which
///   also serves where there is no depth;
/// - size and shape: the class mean; headings: first_heading + 360/K degrees each;
/// - texture: the code of the paint that the pixels under the mask show (their median colour).
at::Tensor initial_state(const ObservationBatch& batch,
                         const ShapePrior& prior,
                         const StateLayout& layout,
                         const FitSettings& settings);

}  // namespace monodr
