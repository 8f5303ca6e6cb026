// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/initialiser.h"

namespace monodr {

/// Headings along the principal axis of the measured points, seen from above: the eigenvector of the larger eigenvalue of
/// their covariance in x and z, under the mask eroded by `start_erosion` pixels. The K hypotheses are turned from it by 0,
/// 180, 90, -90, ... degrees; each box has the size of the class and lies behind the sides that its points show: along
/// either of its axes the side nearer to the camera stands where the points begin.
///
/// What is known of the axis's direction is half of the truth, and of a car seen from behind, whose points spread across
/// it, nothing: the weak baseline (OVM3D-Det, NeurIPS 2024). An object with fewer than 8 points starts as
/// HeadingInitialiser says and is counted.
class AxisInitialiser : public Initialiser {
 public:
  Starts start(const std::vector<Observation>& observations,
               const ObservationBatch& batch,
               const ShapePrior& prior,
               const StateLayout& layout,
               const FitSettings& settings) const override;
};

}  // namespace monodr
