// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evaluation/difficulty.h"
#include "fitting/fitted_object.h"
#include "geometry/annotation.h"
#include "geometry/shape_agreement.h"
#include "plugin/shape_prior.h"

namespace monodr {

/// Mean agreement (geometry/shape_agreement.h) of fitted shapes with the true ones, which made-up
/// scenes keep in ROOT/training/meshes/<frame>_<label>.obj. Both stand in the canonical frame, so
/// that pose and size count for nothing.
struct FittedShapes {
  int objects = 0;      ///< the matched labels that count at the difficulty; a miss has no shape
  ShapeAgreement mean;  ///< NaN of nothing
};

/// `detections` are those of `fits`: frame by frame, the fits without a failure in their order.
/// UserError for a mesh that is not there or cannot be read.
FittedShapes fitted_shapes(const std::string& root,
                           const std::vector<FrameAnnotations>& labels,
                           const std::vector<FrameAnnotations>& detections,
                           const std::vector<FittedObject>& fits,
                           const ShapePrior& prior,
                           const CategoryModel& category,
                           Difficulty difficulty);

/// UserError where the folder keeps no true shapes.
void check_true_shapes(const std::string& root);

}  // namespace monodr
