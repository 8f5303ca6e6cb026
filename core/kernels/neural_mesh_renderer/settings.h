// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include "kernels/monodr_kernels.h"
#include "kernels/screen_mesh.h"

namespace monodr::neural_mesh_renderer {

using Light = monodr_light;

inline bool changes_colour(const Light& light) {
  const auto* colour = light.ambient_colour;
  return light.directional != 0 || light.ambient != 1 ||
         std::any_of(colour, colour + 3, [](double value) { return value != 1; });
}

struct Settings : monodr_neural_mesh_renderer {
  int rows() const { return height * samples; }    ///< of samples
  int columns() const { return width * samples; }  ///< of samples
  Projection projection() const { return {near, fill_back == 0}; }
};

}  // namespace monodr::neural_mesh_renderer
