// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "results/cell_result.h"

namespace monodr {

/// What is stored of a detection behind its category, truncation, occlusion and alpha, in files and in the database: the 2-D
/// box, size, place and heading of the 3-D box, the score. The order of a KITTI result line.
inline std::array<double, 12> stored_numbers(const Annotation& a) {
  const Box2d& image = a.box2d;
  const Box3d& box = a.box3d;
  return {image.left,
          image.top,
          image.right,
          image.bottom,
          box.height,
          box.width,
          box.length,
          box.location.x(),
          box.location.y(),
          box.location.z(),
          box.rotation_y,
          a.score};
}

/// The same of a heading of a detection: alpha, the box that goes with it, loss and probability.
inline std::array<double, 10> stored_numbers(const HeadingMode& m) {
  const Box3d& box = m.box;
  return {m.alpha,
          box.height,
          box.width,
          box.length,
          box.location.x(),
          box.location.y(),
          box.location.z(),
          box.rotation_y,
          m.loss,
          m.probability};
}

}  // namespace monodr
