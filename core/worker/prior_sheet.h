// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cell/prior_evaluation.h"
#include "pictures/mesh_sheet.h"

namespace monodr {

/// The rows of `runexp prior show`: the mean car in several paints and from behind, each dimension
/// of the shape code from -2 to +2 deviations, each of the texture code, random cars from both
/// ends, the way from one car to another, and the reconstructions below what they were fitted to.
std::vector<SheetRow> prior_sheet(const ShapePrior& prior,
                                  const std::vector<Reconstruction>& reconstructions,
                                  std::uint64_t seed);

}  // namespace monodr
