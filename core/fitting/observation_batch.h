// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "plugin/batch.h"

namespace monodr {

/// Stacks observations of one crop size into float32 tensors; boxes become crop pixels. `size_mean`
/// and `size_deviation` (height, width, length; metres and log units) describe the class.
ObservationBatch make_observation_batch(const std::vector<Observation>& observations,
                                        const std::array<double, 3>& size_mean,
                                        const std::array<double, 3>& size_deviation);

}  // namespace monodr
