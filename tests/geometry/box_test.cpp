// SPDX-License-Identifier: Apache-2.0
#include "geometry/box.h"

#include <gtest/gtest.h>

#include <cmath>

#include "geometry/rotation.h"

namespace monodr {
namespace {

TEST(Box2d, AreaIsZeroForAnEmptyBox) {
  EXPECT_DOUBLE_EQ((Box2d{10, 20, 14, 23}).area(), 12);
  EXPECT_DOUBLE_EQ((Box2d{10, 20, 5, 23}).area(), 0);
  EXPECT_DOUBLE_EQ((Box2d{10, 20, 5, 15}).area(), 0) << "two negative sides are no area";
}

TEST(Box2d, ClippingKeepsWhatLiesInTheImage) {
  const Box2d clipped = Box2d{-5, 10, 2000, 400}.clipped_to(1242, 375);
  EXPECT_DOUBLE_EQ(clipped.left, 0);
  EXPECT_DOUBLE_EQ(clipped.top, 10);
  EXPECT_DOUBLE_EQ(clipped.right, 1242);
  EXPECT_DOUBLE_EQ(clipped.bottom, 375);
  EXPECT_DOUBLE_EQ((Box2d{-50, 0, -10, 20}.clipped_to(100, 100)).area(), 0);
}

TEST(Box2d, IntersectionOverUnionByHand) {
  const Box2d a{0, 0, 10, 10};
  EXPECT_DOUBLE_EQ(intersection_over_union(a, a), 1);
  EXPECT_DOUBLE_EQ(intersection_over_union(a, {0, 0, 10, 5}), 0.5);
  EXPECT_DOUBLE_EQ(intersection_over_union(a, {5, 5, 15, 15}), 25.0 / 175);
  EXPECT_DOUBLE_EQ(intersection_over_union(a, {10, 0, 20, 10}), 0) << "touching";
  EXPECT_DOUBLE_EQ(intersection_over_union({3, 3, 3, 3}, {3, 3, 3, 3}), 0) << "without extent";
}

TEST(Box3d, CornersOfAnUnturnedBox) {
  Box3d box;
  box.location = {1, 2, 20};
  box.height = 1.5;
  box.width = 1.6;
  box.length = 4;
  const auto corners = box.corners();
  const Eigen::Vector3d front_left(1 + 2, 2, 20 + 0.8);
  EXPECT_NEAR((corners[0] - front_left).norm(), 0, 1e-12) << "heading +x, left is +z";
  EXPECT_NEAR((corners[2] - Eigen::Vector3d(-1, 2, 19.2)).norm(), 0, 1e-12) << "rear-right";
  EXPECT_NEAR((corners[4] - (front_left - Eigen::Vector3d(0, 1.5, 0))).norm(), 0, 1e-12)
      << "y points down: the top has the smaller y";
  EXPECT_DOUBLE_EQ(box.volume(), 1.5 * 1.6 * 4);
  EXPECT_DOUBLE_EQ(box.centre().y(), 2 - 0.75);
}

TEST(Box3d, CornersKeepEdgesAndCentreAtAnyYaw) {
  Box3d box;
  box.location = {-3, 1.7, 14};
  box.height = 1.4;
  box.width = 1.7;
  box.length = 4.2;
  for (double yaw = -3; yaw < 3.2; yaw += 0.37) {
    box.rotation_y = yaw;
    const auto corners = box.corners();
    Eigen::Vector3d mean = Eigen::Vector3d::Zero();
    for (const auto& corner : corners) mean += corner / 8;
    EXPECT_NEAR((mean - box.centre()).norm(), 0, 1e-12);
    EXPECT_NEAR((corners[0] - corners[1]).norm(), box.width, 1e-12);
    EXPECT_NEAR((corners[1] - corners[2]).norm(), box.length, 1e-12);
    EXPECT_NEAR((corners[0] - corners[4]).norm(), box.height, 1e-12);
    const Eigen::Vector3d front = (corners[0] + corners[1]) / 2 - box.location;
    const Eigen::Vector3d heading = yaw_matrix(yaw) * Eigen::Vector3d::UnitX();
    EXPECT_NEAR(front.normalized().dot(heading), 1, 1e-12);
  }
}

}  // namespace
}  // namespace monodr
