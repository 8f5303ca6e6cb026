// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "base/parameters.h"
#include "geometry/box.h"
#include "geometry/picture.h"

namespace monodr {

/// How a picture becomes what a network takes: [1, 3, height, width],
///     value = (pixel / 255 - mean) / deviation
/// of each colour.
struct InputParameters {
  enum class Fit { pad, letterbox, stretch };

  int width = 0,
      height =
          0;  ///< px; 0 = the picture's own (of at most 4 million pixels), enlarged to a multiple
  int multiple = 1;  ///< px
  Fit fit = Fit::pad;
  double pad_value = 0;  ///< of a pixel, 0..255
  bool is_bgr = false;
  std::array<double, 3> mean{0, 0, 0}, deviation{1, 1, 1};
};

/// The parameters that set them, for a plugin's schema.
ParameterSchema input_schema(const InputParameters& defaults);
/// UserError for sides of which one alone is 0, and a deviation of 0.
InputParameters input_parameters(const Parameters& parameters);

/// A prepared picture, and where its pixels went:  x_input = scale_x x_picture + left.
struct NetworkInput {
  int width = 0, height = 0;
  std::vector<float> values;  ///< [3, height, width]
  double scale_x = 1, scale_y = 1, left = 0, top = 0;
  int picture_width = 0, picture_height = 0;

  /// A box in pixels of the input, in pixels of the picture and cut to it. Its numbers are taken for centres of pixels
  /// counted from 0, as those in a detector's file of KITTI's lines (geometry/camera.h): a network gives the same boxes
  /// run here or read from its file.
  Box2d to_picture(const Box2d& box) const;
};

/// pad: at the upper left, made smaller where it does not fit, never larger; letterbox: as large as it fits, in the
/// middle; stretch: to the sides, whatever that does to its shape. Smaller by area, larger bilinearly.
NetworkInput prepare_input(const ColourImage& picture, const InputParameters& parameters);

/// A map over the input's whole area, [rows, columns], read at a pixel of the picture: bilinear between the centres of
/// its cells, its outermost values beyond them.
class MapReader {
 public:
  MapReader(const NetworkInput& input, const float* values, int rows, int columns)
      : input_(input), values_(values), rows_(rows), columns_(columns) {}

  float at(int x, int y) const;

 private:
  const NetworkInput& input_;
  const float* values_;
  int rows_, columns_;
};

}  // namespace monodr
