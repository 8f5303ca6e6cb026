// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/box.h"

namespace monodr {

/// One line of a KITTI label or result file. The 2-D box is in monodr's pixel convention.
struct Annotation {
  std::string category;   ///< "Car", "Van", "Pedestrian", ..., "DontCare", as written
  double truncation = 0;  ///< share of the object outside the image, 0..1; -1 = not given
  int occlusion = 0;      ///< 0 visible, 1 partly, 2 largely, 3 unknown; -1 = not given
  double alpha = 0;       ///< allocentric heading, radians; -10 = not given
  Box2d box2d;
  Box3d box3d;       ///< dimensions -1 and location -1000 where not given
  double score = 0;  ///< results only: higher is more certain

  bool has_box3d() const { return box3d.length > 0 && box3d.location.x() > -999; }
};

/// What one image holds: its labels, or a detector's results for it.
struct FrameAnnotations {
  std::string frame;  ///< id, "000123"
  std::vector<Annotation> objects;
};

}  // namespace monodr
