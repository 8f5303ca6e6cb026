// SPDX-License-Identifier: Apache-2.0
#include "geometry/rotation.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "base/random.h"

namespace monodr {
namespace {

TEST(Rotation, WrapsIntoTheHalfOpenCircle) {
  EXPECT_DOUBLE_EQ(wrap_angle(0.5), 0.5);
  EXPECT_NEAR(wrap_angle(0.5 + 4 * M_PI), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(wrap_angle(M_PI), M_PI);
  EXPECT_DOUBLE_EQ(wrap_angle(-M_PI), M_PI) << "-pi and pi are one angle with one name";
  EXPECT_NEAR(wrap_angle(3.5), 3.5 - 2 * M_PI, 1e-12);
}

TEST(Rotation, DifferenceIsMeasuredTheShortWay) {
  EXPECT_NEAR(angle_difference(3.1, -3.1), 2 * M_PI - 6.2, 1e-12);
  EXPECT_NEAR(angle_difference(0.2, 0.2 + M_PI), M_PI, 1e-12);
  EXPECT_NEAR(angle_difference(1, 1 + 6 * M_PI), 0, 1e-12);
  EXPECT_DOUBLE_EQ(angle_difference(0.1, 0.4), angle_difference(0.4, 0.1));
}

TEST(Rotation, AlphaAndRotationYAreInverse) {
  constexpr unsigned seed = 7;
  Random random(seed);
  for (int i = 0; i < 1000; ++i) {
    const double rotation_y = random.uniform(-M_PI, M_PI), x = random.uniform(-20, 20),
                 z = random.uniform(1, 60);
    const double alpha = alpha_from_rotation_y(rotation_y, x, z);
    ASSERT_LE(std::abs(alpha), M_PI);
    ASSERT_NEAR(angle_difference(rotation_y_from_alpha(alpha, x, z), rotation_y), 0, 1e-12)
        << "seed " << seed;
  }
}

TEST(Rotation, AlphaIsTheHeadingSeenAlongTheRay) {
  // One straight ahead: alpha is rotation_y.
  EXPECT_DOUBLE_EQ(alpha_from_rotation_y(0.7, 0, 20), 0.7);
  // To the right at 45 degrees, heading along the ray: alpha is -pi/2 as for one heading straight
  // away from the camera.
  EXPECT_NEAR(alpha_from_rotation_y(-M_PI / 4, 10, 10), -M_PI / 2, 1e-12);
}

TEST(Rotation, MatrixTurnsTheHeadingAsKittiDefinesIt) {
  const Eigen::Vector3d x = Eigen::Vector3d::UnitX();
  EXPECT_NEAR((yaw_matrix(0) * x - x).norm(), 0, 1e-15);
  EXPECT_NEAR((yaw_matrix(M_PI / 2) * x + Eigen::Vector3d::UnitZ()).norm(), 0, 1e-15)
      << "pi/2 heads for the camera";
  for (double yaw = -3; yaw < 3.2; yaw += 0.41) {
    const Eigen::Matrix3d rotation = yaw_matrix(yaw);
    EXPECT_NEAR(rotation.determinant(), 1, 1e-12);
    EXPECT_NEAR((rotation * rotation.transpose() - Eigen::Matrix3d::Identity()).norm(), 0, 1e-12);
    EXPECT_NEAR((rotation * yaw_matrix(0.3) - yaw_matrix(yaw + 0.3)).norm(), 0, 1e-12);
  }
}

}  // namespace
}  // namespace monodr
