// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "geometry/mesh.h"

namespace monodr {

/// Reads the triangles of a Wavefront OBJ, an OFF or a PLY (text, binary of either byte order), as
/// they stand in the file: no unit, axis or orientation is taken for granted. Polygons become fans.
///
/// Colours: those of the vertices, else of the materials (OBJ's mtllib, diffuse colour Kd). A
/// material without a readable Kd gets the colour of what its name says (window, tyre, lamp, ...),
/// else mid grey. A vertex that two materials share is split. No colours at all leave `colours`
/// empty.
///
/// UserError with file and line for what is not of the format, an index out of range, a number that
/// is not finite, a file without faces.
Mesh read_mesh(const std::string& path);

/// True for the endings .obj, .off and .ply.
bool is_mesh_file(const std::string& path);

}  // namespace monodr
