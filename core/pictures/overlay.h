// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "evidence/image.h"
#include "geometry/annotation.h"
#include "geometry/camera.h"
#include "geometry/mesh.h"

namespace monodr {

/// One fitted object of a frame, in the rectified camera frame.
struct OverlayObject {
  Mesh mesh;
  Box3d box;
  double score = 0;
};

/// Writes a PNG of the frame: fitted meshes blended over the picture with their 3-D boxes (green, the
/// front face crossed), the labels' 3-D boxes (orange) and 2-D boxes (thin white), and at the right
/// the same boxes from above, 0 to 50 m, one grid line every 10 m.
void write_overlay(const ColourImage& picture,
                   const Camera& camera,
                   const std::vector<OverlayObject>& objects,
                   const std::vector<Annotation>& labels,
                   const std::string& output_path);

}  // namespace monodr
