// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fitting/objective.h"

namespace monodr {

/// Self-consistency of B chosen hypotheses (one an object), each factor [B] in [0,1]. Only
/// estimated quantities go in, never a label.
struct ConfidenceFactors {
  at::Tensor mask;   ///< IoU of silhouette > 0.5 and mask > 0.5 over known pixels
  at::Tensor depth;  ///< exp(-mean |log rendered / observed|) over the overlap; 1 without depth
  /// erf(tolerance / (0.05 z sqrt 2)): the chance that an error along the ray of 5 % of the range
  /// stays within the shift that a BEV overlap of 0.5 tolerates,
  ///     (1/3) / (|sin a| / l + |cos a| / w).
  at::Tensor range;
};

ConfidenceFactors confidence_factors(const ObjectiveValue& value, const ObservationBatch& batch);

}  // namespace monodr
