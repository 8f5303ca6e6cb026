// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "geometry/shape_agreement.h"
#include "plugin/shape_prior.h"
#include "settings/category.h"

namespace monodr {

/// One shape as the prior can express it: fitting/shape_fit.h, geometry/shape_agreement.h.
struct Reconstruction {
  std::string name;
  Mesh truth, fitted;
  ShapeAgreement agreement;
};

std::vector<Reconstruction> reconstruct(const ShapePrior& prior,
                                        const std::vector<CorpusItem>& items,
                                        const CategoryModel& category,
                                        const std::function<void(double share)>& progress = {});

/// Means; 0 of nothing.
ShapeAgreement mean_agreement(const std::vector<Reconstruction>& reconstructions);

}  // namespace monodr
