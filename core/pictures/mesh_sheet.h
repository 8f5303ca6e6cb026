// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

#include "geometry/mesh.h"

namespace monodr {

struct SheetPicture {
  Mesh mesh;  ///< canonical (geometry/mesh.h), coloured
  std::string caption;
  bool from_behind = false;  ///< seen from behind instead of from the front
};

struct SheetRow {
  std::string title;
  std::vector<SheetPicture> pictures;
};

/// Writes a PNG with one row of pictures after another. Each mesh is stretched to the mean size (height, width,
/// length in metres) and
/// drawn by a z-buffer at nine samples a pixel, seen from ahead at its left and a little above,
/// under a sky and a lamp at the camera's shoulder, over its own soft shadow. Edges sharper than 40
/// degrees stay sharp.
void write_mesh_sheet(const std::string& title,
                      const std::vector<SheetRow>& rows,
                      const std::array<double, 3>& size_mean,
                      const std::string& output_path);

}  // namespace monodr
