// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "geometry/box.h"

namespace monodr {

/// One of the answers that the evidence about an object leaves open: a valley of the objective over the heading. Of a
/// car seen from afar, front and rear fit nearly as well; the report is one of them, and the others say how sure it is.
struct HeadingMode {
  Box3d box;               ///< in KITTI's rectified frame
  double alpha = 0;        ///< allocentric heading, radians
  double loss = 0;         ///< where its best hypothesis ended
  double probability = 1;  ///< of all modes of the object they sum to 1
};

}  // namespace monodr
