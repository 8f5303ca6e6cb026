// SPDX-License-Identifier: Apache-2.0
#include "geometry/camera.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>

#include "base/error.h"

namespace monodr {
namespace {

Camera kitti_like_camera() {
  Camera camera;
  camera.intrinsics = {721.5377, 721.5377, 609.5593 + 0.5, 172.854 + 0.5};
  camera.offset = {0.0597, -0.0003, 0.0027};
  camera.width = 1242;
  camera.height = 375;
  return camera;
}

TEST(Camera, ThePointOnTheOpticalAxisHitsThePrincipalPoint) {
  Camera camera = kitti_like_camera();
  const Eigen::Vector2d pixel = camera.project(Eigen::Vector3d(0, 0, 10) - camera.offset);
  EXPECT_NEAR(pixel.x(), camera.intrinsics.cx, 1e-9);
  EXPECT_NEAR(pixel.y(), camera.intrinsics.cy, 1e-9);
  const Eigen::Vector2d aside = camera.project(Eigen::Vector3d(1, 2, 10) - camera.offset);
  EXPECT_NEAR(aside.x() - pixel.x(), camera.intrinsics.fx / 10, 1e-9);
  EXPECT_NEAR(aside.y() - pixel.y(), 2 * camera.intrinsics.fy / 10, 1e-9);
}

TEST(Camera, ProjectionMatrixSaysTheSameAsProject) {
  const Camera camera = kitti_like_camera();
  for (const Eigen::Vector3d& point :
       {Eigen::Vector3d(1, 1.5, 8), Eigen::Vector3d(-7, 0.3, 44), Eigen::Vector3d(2, -1, 3)}) {
    const Eigen::Vector3d p = camera.projection() * point.homogeneous();
    EXPECT_NEAR((p.hnormalized() - camera.project(point)).norm(), 0, 1e-9);
  }
}

TEST(Crop, ProjectsWhereTheEnlargedImageHasThePoint) {
  const Camera camera = kitti_like_camera();
  const CropWindow crop = crop_around({600, 150, 680, 200}, 1.25, 64);
  EXPECT_DOUBLE_EQ(crop.side, 100);
  EXPECT_DOUBLE_EQ(crop.left, 590);
  EXPECT_DOUBLE_EQ(crop.top, 125);
  Camera seen = camera;
  seen.intrinsics = crop.intrinsics(camera);
  const Eigen::Vector3d point(0.4, 0.9, 12);
  const Eigen::Vector2d full = camera.project(point), cut = seen.project(point);
  EXPECT_NEAR(cut.x(), (full.x() - crop.left) * 64 / 100, 1e-9);
  EXPECT_NEAR(cut.y(), (full.y() - crop.top) * 64 / 100, 1e-9);
}

TEST(Crop, TheBoxLiesInTheMiddle) {
  const CropWindow crop = crop_around({600, 150, 680, 200}, 1.25, 64);
  const Box2d box = crop.to_crop({600, 150, 680, 200});
  EXPECT_NEAR(box.left + box.right, 64, 1e-9);
  EXPECT_NEAR(box.top + box.bottom, 64, 1e-9);
  EXPECT_NEAR(box.width(), 64 / 1.25, 1e-9);
}

TEST(Crop, RefusesWhatIsNoCrop) {
  EXPECT_THROW(crop_around({0, 0, 10, 10}, 1.2, 0), CheckFailure);
  EXPECT_THROW(crop_around({0, 0, 10, 10}, -1, 64), CheckFailure);
  EXPECT_GT(crop_around({5, 5, 5, 5}, 1.2, 64).side, 0) << "a box without extent has a crop";
}

}  // namespace
}  // namespace monodr
