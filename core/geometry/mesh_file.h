// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

/// Reads the triangles of a Wavefront OBJ, an OFF or a PLY (text, binary of either byte order), as
/// they stand in the file: no unit, axis or orientation is taken for granted. Polygons become
/// triangles, concave ones too. Only a mesh that lies farther from the origin than 16 times its size (UTM)
/// is moved there, before its coordinates become floats.
///
/// Text is read as base/lines.h says: marks, line ends, padding, forms of numbers; a backslash joins lines.
///
/// Colours (0..1, or 0..255 where one is greater than 2): those of the vertices, else of the materials (OBJ's mtllib, diffuse colour Kd). A
/// material without a readable Kd gets the colour of what its name says (window, tyre, lamp, ...),
/// else mid grey. A vertex that two materials share is split. No colours at all leave `colours`
/// empty.
///
/// UserError with file and line for what is not of the format, an index out of range, a number that
/// is not finite, a file without faces.
Mesh read_mesh(const std::string& path);

/// The same of a content that lay, or would lie, at `path`.
Mesh parse_mesh(const std::string& content, const std::string& path);

/// What write_obj writes.
std::string format_obj(const Mesh& mesh);

/// True for the endings .obj, .off and .ply in small or capital letters, but for hidden files.
bool is_mesh_file(const std::string& path);

/// All files that read_mesh(path) reads: the file and an OBJ's material libraries that are there; and the names of
/// those that are not.
struct MeshFiles {
  std::vector<std::string> found, missing;
};
MeshFiles files_of_mesh(const std::string& path);

}  // namespace monodr
