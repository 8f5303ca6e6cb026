// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

namespace monodr {

/// Rotations in KITTI's rectified camera frame: x right, y down, z forward.
///
/// `rotation_y` turns about the camera's y axis; at 0 the heading points along +x, at pi/2 along
/// -z (towards the camera), as KITTI's labels define it.
/// `alpha` is the allocentric angle: the heading relative to the ray through the object,
///     alpha = rotation_y - atan2(x, z).
/// Two cars of equal alpha look alike wherever they stand in the image, which is why fits and
/// networks estimate alpha and derive rotation_y.

/// The same angle in (-pi, pi].
double wrap_angle(double radians);

/// |a - b| on the circle, in [0, pi].
double angle_difference(double a, double b);

double alpha_from_rotation_y(double rotation_y, double x, double z);
double rotation_y_from_alpha(double alpha, double x, double z);

/// R with R * (1,0,0) = heading:  [[c,0,s],[0,1,0],[-s,0,c]].
Eigen::Matrix3d yaw_matrix(double rotation_y);

}  // namespace monodr
