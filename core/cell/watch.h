// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cell/run_cell.h"
#include "fitting/fit.h"
#include "fitting/landscape.h"

namespace monodr {

/// The leading hypothesis at one step of a fit.
struct FitStage {
  int step = 0;
  int hypotheses = 1;  ///< that were still on their way
  FittedObject object;
  std::vector<float> silhouette;  ///< [S,S] of the crop
};

/// One hypothesis at one step.
struct HeadingPoint {
  int step = 0;
  double heading = 0;  ///< allocentric, radians
  bool leads = false;  ///< has the lowest loss of the step
};

/// All that is worth showing of one object's fit.
struct FitTrace {
  Observation observation;
  ColourImage image;             ///< the whole frame
  std::vector<FitStage> stages;  ///< start, some steps, end
  std::vector<HeadingPoint> headings;
  std::vector<std::string> loss_names;
  LossCurve curve;
  HeadingLandscape landscape;       ///< of all losses, around the fitted state
  HeadingLandscape mask_landscape;  ///< of the loss `mask` alone; empty where it has no weight
  std::vector<Annotation> labels;   ///< of the frame; empty where there is no label file
  int label = -1;                   ///< which of them is the object's; -1 = none
};

/// UserError for a frame of the user's own data that is not there and for an object that is not or cannot
/// be used: told before a prior is trained for it. Made-up data may have to be made first.
void check_object(const SheetOrder& order);

/// Fits the one object and keeps what it looked like on the way. The labels are read after the fit.
/// UserError for a frame that is not there and for an object that is not or cannot be used.
FitTrace watch_fit(const SheetOrder& order, const CellProgress& progress);

}  // namespace monodr
