// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/initialiser.h"

namespace monodr {

/// The best of a search over position and heading, for each of some shapes of the class's size, against the measured
/// points, as MonoSOWA fits its templates (ICCV 2025). A pose costs
///
///     C = mean over points p of tanh(saturation |p - surface| / 2)  +  mask_weight * share of the surface outside the mask
///
/// where tanh(s d / 2) = 2 sigmoid(s d) - 1. The second term says what no point can: of one frame, unlike of a hundred
/// whose points were put together, no more than one or two sides are measured, and any side fits those.
///
/// - x and z: `positions` each, `reach` to either side of where the median depth says; y so that the box's centre stays
///   where it is in the image;
/// - headings: `headings` on half a circle, each tried both ways round;
/// - shapes: the code 0 and then the unit vectors, `shapes` of them (the meshes of the prior `templates`).
///
/// Every third position is tried; the best ones are then searched around at all positions, and to half a step beyond. The
/// K hypotheses are the best poses whose headings differ by 15 degrees or more. Few points (< 8): as HeadingInitialiser
/// says, and counted.
class SearchInitialiser : public Initialiser {
 public:
  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override;
};

}  // namespace monodr
