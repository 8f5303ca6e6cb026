// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "corpus/car_axes.h"
#include "geometry/mesh.h"
#include "settings/category.h"

namespace monodr {

/// What was wrong with a mesh of a corpus, and what was done about it.
struct MeshFaults {
  size_t vertices = 0, faces = 0;
  size_t degenerate_faces = 0;  ///< of no area
  size_t doubled_faces = 0;     ///< beyond the first of the same corners
  size_t open_edges = 0;        ///< of one face only
  size_t crossed_edges = 0;     ///< of more than two faces, or run through twice in one direction
  size_t parts = 0;             ///< connected through shared corners
  double inner_share = 0;       ///< of the faces: they lie inside the body
  double gap = 0;               ///< widest gap that was bridged, as a share of the length
  bool no_floor = false;        ///< a side was open and got a lid
  bool no_colours = false;
  double length = 0;  ///< in the file's unit
  std::string unit;   ///< what that unit must be for its class: "m", "in", ... or "unknown"
  CarAxes axes;
  double trimmed_width = 0;  ///< share of the width that mirrors and the like took up

  /// One short sentence for each thing that was wrong; empty for a clean canonical mesh.
  std::vector<std::string> sentences() const;
};

struct RepairedMesh {
  Mesh mesh;  ///< watertight, outward, canonical, coloured
  MeshFaults faults;
};

/// Makes a shape that a prior can learn from of a heap of triangles:
/// 1. its solid (geometry/enclosure.h, 128 cells along the longest side): one closed outer surface;
/// 2. its axes: those that the category states, or found by likeness to cars (corpus/car_axes.h);
/// 3. of what looks like a car, what sticks out without filling a slice to 3 % (mirrors) or, on top, to 1 %
///    (antennas) of the fullest one is cut off, as KITTI's boxes leave it out;
/// 4. marching cubes, the largest part, the unit box; each vertex takes the colour of the nearest
///    face, darkened and lightened as training_corpus() does.
///
/// UserError where nothing is enclosed, and for what should look like a car and does not: likeness under
/// 0.5, or a heading that is a toss-up (a margin under 0.01).
RepairedMesh repair_mesh(const Mesh& mesh, const CategoryModel& category);

/// Changes with whatever changes the result of repair_mesh.
inline constexpr const char* mesh_repair_version = "mesh repair 2";

}  // namespace monodr
