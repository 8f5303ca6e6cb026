// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cell/run_cell.h"
#include "geometry/mesh_scene.h"

namespace monodr {

/// How far a fit stands from another of the same object.
struct PoseDifference {
  double location = 0, dimensions = 0, heading = 0;  ///< m, m, radians

  /// More than 5 cm or one degree: not what rounding elsewhere would leave of it.
  bool is_another_result() const;
};
PoseDifference difference(const Box3d& a, const Box3d& b);

struct FrameMeshes {
  std::string frame;
  MeshScene
      scene;  ///< objects are named category_number, the number as in the database's `detection`
};

/// The meshes of a cell's detections.
struct RefittedMeshes {
  std::vector<FrameMeshes>
      frames;  ///< those of the stored result, frames without detections included
  std::vector<std::string> changed;  ///< "000012/3: ...": came out otherwise, and so without a mesh
  /// The largest distances of the others from what is stored; 0 where nothing but the bits were met.
  double location_moved = 0, heading_moved = 0;  ///< m, radians
};

/// Runs a cell again for the meshes of its `stored` detections: the database keeps poses, not shapes.
/// On the same code and kind of processor all come out bit for bit as they were. A detection whose box
/// is more than 5 cm (location, dimensions) or one degree from the stored one is another result: no mesh
/// of it is given. `title` and the frame head each scene. UserError for methods without shapes.
RefittedMeshes refitted_meshes(const CellOrder& order,
                               const std::vector<FrameAnnotations>& stored,
                               const std::string& title,
                               const CellProgress& progress);

}  // namespace monodr
