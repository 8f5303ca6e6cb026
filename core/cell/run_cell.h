// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evidence/observations.h"
#include "fitting/fitted_object.h"
#include "geometry/annotation.h"
#include "launch/orders.h"
#include "results/cell_result.h"

namespace monodr {

/// What a picture of one frame needs.
struct FramePicture {
  std::string frame;
  std::function<FrameEvidence()> view;  ///< picture and camera, read when they are drawn
  std::vector<FittedObject> objects;
  std::vector<Annotation> labels;
};

struct CellOutcome {
  CellResult result;
  std::vector<FittedObject> fits;  ///< what the method found, failed ones too
};

/// What a caller wants beside the numbers. Meshes are large, so that they go as soon as they were shown.
struct CellWishes {
  /// Called with each frame once its objects are fitted, where the configuration asks for overlays.
  std::function<void(const FramePicture&)> picture = {};
  bool keep_meshes = false;  ///< in CellOutcome::fits
};

/// Told what the cell is at and the share done, 0..1.
using CellProgress = std::function<void(const std::string& what, double share)>;

/// Runs one cell: observations -> method -> detections -> evaluation against the labels. Those of a frame are read only
/// after the method has done with it, and go nowhere but into its picture and the evaluation. `prepare` must have run. The same order gives the same
/// numbers, but for the times. The cell's own time and memory are the caller's to measure. Throws
/// what its parts throw; the caller turns that into a failed cell.
CellOutcome run_cell(const CellOrder& order,
                     const CellProgress& progress,
                     const CellWishes& wishes = {});

}  // namespace monodr
