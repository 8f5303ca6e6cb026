// SPDX-License-Identifier: Apache-2.0
#include "geometry/rotation.h"

#include <cmath>

namespace monodr {

double wrap_angle(double radians) {
  const double wrapped = std::remainder(radians, 2 * M_PI);
  return wrapped <= -M_PI ? M_PI : wrapped;
}

double angle_difference(double a, double b) {
  return std::abs(wrap_angle(a - b));
}

double alpha_from_rotation_y(double rotation_y, double x, double z) {
  return wrap_angle(rotation_y - std::atan2(x, z));
}

double rotation_y_from_alpha(double alpha, double x, double z) {
  return wrap_angle(alpha + std::atan2(x, z));
}

Eigen::Matrix3d yaw_matrix(double rotation_y) {
  const double c = std::cos(rotation_y), s = std::sin(rotation_y);
  Eigen::Matrix3d matrix;
  matrix << c, 0, s, 0, 1, 0, -s, 0, c;
  return matrix;
}

}  // namespace monodr
