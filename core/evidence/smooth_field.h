// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.h"
#include "geometry/camera.h"

namespace monodr {

/// Standard Gaussian field over a square, size x size: independent normals at nodes x nodes points
/// (the outer ones on the border), Catmull-Rom interpolation, scaled to deviation 1 everywhere.
/// Its correlation length is about side / (nodes - 1).
std::vector<float> smooth_field(int nodes, int size, Random& random);

/// Such a field laid over a crop window, looked up at image pixels. Beyond the window the border's
/// values go on.
class WindowField {
 public:
  WindowField(int nodes, const CropWindow& window, Random& random);
  float at(int x, int y) const;

 private:
  size_t index(int pixel, double start) const;

  int size_;
  CropWindow window_;
  std::vector<float> values_;
};

}  // namespace monodr
