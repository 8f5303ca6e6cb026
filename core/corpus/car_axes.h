// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <string>

#include "geometry/enclosure.h"

namespace monodr {

/// How a solid must be turned to stand in the object's axes, and how sure that is.
struct CarAxes {
  /// canonical = rotation * file: one of the 24 rotations that map axes to axes.
  Eigen::Matrix3f rotation = Eigen::Matrix3f::Identity();
  /// IoU, both stretched to the unit box, with the most similar of 28 parametric cars, four of each
  /// kind of body; 0 where the axes were stated and not found.
  double likeness = 0;
  /// IoU with its own mirror image, left for right.
  double symmetry = 0;
  /// By how much the score exceeds the best one with another upward axis, and the best one with the
  /// same upward but another forward axis. 0 = a toss-up.
  double up_margin = 0, forward_margin = 0;

  /// "+z" and the like: where up and forward point in the file.
  std::string up_in_file() const, forward_in_file() const;
};

/// The likeliest rotation. All cues at once, because each fails for some kind of body: wheels and
/// flat underside, cabin behind the bonnet, nose lower than the tail (likeness to known cars), the
/// symmetry plane, and the proportions height : width : length of KITTI's cars:
///
///     score = likeness * symmetry * exp(-1/2 sum (log ratio of proportions / 0.3)^2)
///
/// A model that is not parallel to its file's axes is not turned; its likeness is low.
CarAxes find_car_axes(const Enclosure& solid);

}  // namespace monodr
