// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

struct NamedMesh {
  std::string name;  ///< without blanks, unique in its scene: "Car_0"
  Mesh mesh;  ///< posed; without faces it is a cloud of points; without colours it is mid grey
};

/// What was found in one picture, in KITTI's rectified camera frame as result files have it: x right,
/// y down, z along the view, metres. May be empty.
struct MeshScene {
  std::string title;
  std::vector<NamedMesh> objects;
};

/// The scene as a file, each object by its name and with the colours of its vertices:
///
/// - OBJ: a group (`o`) an object, colours behind the positions ("v x y z r g b"), 0..1.
/// - PLY: binary, little endian; colours of 0..255; a face's property `object` counts the objects, which
///   the header's comments name.
/// - GLB: glTF 2.0 in one file. glTF's y axis points up and a viewer looks along -z, so the objects
///   are children of a node `camera_frame` that is turned by 180 degrees about x:
///       (x, y, z) in the camera's frame = (x, -y, -z) in the file's.
///   Vertices stay in the camera's frame. COLOR_0 is linear light, as glTF asks: the sRGB curve is
///   taken off. There are no normals, so that viewers shade each face flat (glTF 2.0, 3.7.2.1).
///
/// Khronos Group: glTF 2.0 Specification, ISO/IEC 12113:2022.
std::string format_scene_obj(const MeshScene& scene);
std::string format_scene_ply(const MeshScene& scene);
std::string format_scene_glb(const MeshScene& scene);

}  // namespace monodr
