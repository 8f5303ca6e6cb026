// SPDX-License-Identifier: Apache-2.0
#include "geometry/camera.h"

#include <algorithm>

#include "base/error.h"

namespace monodr {

Eigen::Matrix3d Intrinsics::matrix() const {
  Eigen::Matrix3d k;
  k << fx, 0, cx, 0, fy, cy, 0, 0, 1;
  return k;
}

Intrinsics Intrinsics::cropped(double left, double top, double scale) const {
  return {fx * scale, fy * scale, (cx - left) * scale, (cy - top) * scale};
}

Eigen::Vector2d Camera::project(const Eigen::Vector3d& point) const {
  const Eigen::Vector3d p = point + offset;
  return {intrinsics.fx * p.x() / p.z() + intrinsics.cx,
          intrinsics.fy * p.y() / p.z() + intrinsics.cy};
}

Eigen::Matrix<double, 3, 4> Camera::projection() const {
  Eigen::Matrix<double, 3, 4> p;
  p.leftCols<3>() = intrinsics.matrix();
  p.col(3) = intrinsics.matrix() * offset;
  return p;
}

Intrinsics CropWindow::intrinsics(const Camera& camera) const {
  return camera.intrinsics.cropped(left, top, scale());
}

Box2d CropWindow::to_crop(const Box2d& box) const {
  const double s = scale();
  return {
      (box.left - left) * s, (box.top - top) * s, (box.right - left) * s, (box.bottom - top) * s};
}

CropWindow crop_around(const Box2d& box, double margin, int size) {
  MONODR_CHECK(size > 0 && margin > 0, "crop size {} and margin {} must be positive", size, margin);
  const double side = std::max({box.width(), box.height(), 1.0}) * margin;
  return {(box.left + box.right - side) / 2, (box.top + box.bottom - side) / 2, side, size};
}

}  // namespace monodr
