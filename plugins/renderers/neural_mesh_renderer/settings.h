// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

namespace monodr::neural_mesh_renderer {

/// Flat shading: a face's colour is multiplied, channel by channel, by
///     ambient * ambient_colour + directional * directional_colour * max(0, n . direction)
/// with n the unit normal of the side that is seen, in the camera frame.
struct Light {
  double ambient = 1, directional = 0;
  std::array<double, 3> ambient_colour{1, 1, 1}, directional_colour{1, 1, 1};
  std::array<double, 3> direction{0, -1, 0};  ///< unit vector towards the light

  bool changes_colour() const {
    return directional != 0 || ambient != 1 || ambient_colour != std::array<double, 3>{1, 1, 1};
  }
};

/// All that one rendering needs to know beside its mesh.
struct Settings {
  int height = 0, width = 0;  ///< of the image, pixels
  int samples = 2;            ///< a side: a pixel is the average of samples x samples
  bool fill_back = true;      ///< draw faces seen from behind too
  double near = 0, far = 0;   ///< metres
  double epsilon = 0;  ///< least displacement of the approximate gradient; [-1, 1] spans the image
  std::array<double, 3> background{0, 0, 0};
  Light light;

  int rows() const { return height * samples; }    ///< of samples
  int columns() const { return width * samples; }  ///< of samples
};

}  // namespace monodr::neural_mesh_renderer
