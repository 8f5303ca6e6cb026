// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cell/run_cell.h"
#include "evidence/observations.h"

namespace monodr {

/// A labelled object of a cell as a report shows it.
struct ShownObject {
  FrameEvidence frame;  ///< picture and camera
  std::optional<Observation>
      seen;  ///< what the method saw of it; nothing where no 2-D box met the label
  std::optional<FittedObject> fit;  ///< nothing of a label that was missed
  std::string note;                 ///< what is worth knowing of the above, or ""
};

/// Reads the frames of the objects again and fits those that were detected, together: a fit is the object's own.
/// The box is the stored one; a mesh stands in it only where the fit comes out as it is stored
/// (refitted_meshes.h). `prepare` must have run.
std::vector<ShownObject> shown_objects(const CellOrder& order,
                                       const std::vector<LabelledDetection>& objects,
                                       const CellProgress& progress);

}  // namespace monodr
