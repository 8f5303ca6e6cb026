// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "geometry/mesh.h"
#include "geometry/sample_grid.h"

namespace monodr {

/// The solid that a heap of triangles encloses, as a signed distance to its surface on a lattice.
struct Enclosure {
  SampleGrid grid;           ///< the mesh's bounding box with a margin, cubic cells
  std::vector<float> field;  ///< < 0 inside, > 0 outside; reliable up to about two spacings
  std::vector<int> nearest;  ///< the face nearest to the sample; -1 where none is near
  float gap = 0;             ///< gaps up to twice this width were closed
  bool open_below = false;   ///< one whole side was open and closed by a lid

  double volume() const;
};

/// Finds the outside of a mesh by flooding, so that nothing depends on which way faces are turned,
/// on doubled faces, on parts that cross or on what lies inside. `cells` along the longest side.
///
/// With d(p) the distance from p to the nearest face, water flows from the margin through all
/// samples with d > gap. Every flooded sample e stands in an empty ball of radius d(e), and
///     outside = the union of these balls:   field(p) = max over e of (d(e) - |p - e|)
/// That is a morphological closing by a ball of radius `gap`: surfaces stay where they are, gaps
/// narrower than 2 gap are bridged, concave edges are rounded by `gap`.
///
/// gap: the least of 1, 1.5, 2.5, 4 and 6 spacings at which no water breaks in (the volume is then
/// at least 0.85 of that at 6). Where even that leaks, a sample also stops the water if faces lie
/// before it in five of the six directions along the axes: a body without a floor holds.
///
/// UserError for a mesh without faces or of no extent.
Enclosure enclose(const Mesh& mesh, int cells);

}  // namespace monodr
