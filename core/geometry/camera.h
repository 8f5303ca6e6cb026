// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>

#include "geometry/box.h"

namespace monodr {

/// THE PIXEL CONVENTION, here and everywhere in monodr: pixel i covers [i, i+1) and has its centre
/// at i + 0.5, so an image of width W spans [0, W). KITTI's files count centres as whole numbers;
/// the readers and writers in core/data/ and core/evidence/ add and subtract the half pixel, nothing else does.

/// A pinhole camera in pixels:  u = fx x / z + cx,  v = fy y / z + cy.
struct Intrinsics {
  double fx = 0, fy = 0, cx = 0, cy = 0;

  Eigen::Matrix3d matrix() const;

  /// The same camera seen through a crop whose corner lies at (left, top) and which is then
  /// enlarged by `scale` (crop pixels = scale * (pixels - corner)).
  Intrinsics cropped(double left, double top, double scale) const;
};

/// A camera of the KITTI rig: a pinhole displaced from the rectified reference camera (camera 0),
/// in whose frame all labels are given. From P2 = K [I | t]:  p = K (X + t).
struct Camera {
  Intrinsics intrinsics;
  Eigen::Vector3d offset = Eigen::Vector3d::Zero();  ///< t, metres
  int width = 0, height = 0;                         ///< image size in pixels

  /// Pixel position of a point in the rectified frame; only meaningful for (X + t).z > 0.
  Eigen::Vector2d project(const Eigen::Vector3d& point) const;

  /// 3x4 projection matrix in monodr's pixel convention.
  Eigen::Matrix<double, 3, 4> projection() const;
};

/// Square crop around a 2-D box: side = margin * longer side, same centre.
struct CropWindow {
  double left = 0, top = 0;  ///< corner in image pixels
  double side = 0;           ///< side length in image pixels
  int size = 0;              ///< crop resolution, pixels per side

  double scale() const { return size / side; }
  Intrinsics intrinsics(const Camera& camera) const;
  /// A box given in image pixels, in crop pixels.
  Box2d to_crop(const Box2d& box) const;
};
CropWindow crop_around(const Box2d& box, double margin, int size);

}  // namespace monodr
