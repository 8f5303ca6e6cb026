// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "geometry/box.h"
#include "losses/scene.h"
#include "plugin/box_corners.h"

namespace monodr::test {
namespace {

constexpr double kFocal = 160;  // px of the crop

UprightBoxes box(double x, double y, double z, double rotation_y) {
  return {at::tensor({x, y, z}, at::kDouble).view({1, 3}),
          at::tensor({1.53, 1.63, 3.88}, at::kDouble).view({1, 3}),
          at::full({1}, rotation_y, at::kDouble)};
}

/// Where the ray (x, y, 1) enters the box, as z; 0 = nowhere.
double depth_of(const UprightBoxes& box, double x, double y) {
  const double angle = box.rotation_y.item<double>();
  const double c = std::cos(angle), s = std::sin(angle);
  const auto place = box.location.accessor<double, 2>();
  const auto size = box.dimensions.accessor<double, 2>();
  double entry = 0, exit = 1e9;
  const auto cut = [&](double direction, double middle, double extent) {
    const double one = (middle - extent / 2) / direction, other = (middle + extent / 2) / direction;
    entry = std::max(entry, std::min(one, other));
    exit = std::min(exit, std::max(one, other));
  };
  cut(c * x - s + 1e-12, c * place[0][0] - s * place[0][2], size[0][2]);
  cut(s * x + c + 1e-12, s * place[0][0] + c * place[0][2], size[0][1]);
  cut(y + 1e-12, place[0][1] - size[0][0] / 2, size[0][0]);
  return entry < exit ? entry : 0;
}

/// A box as camera and LiDAR see it.
Scene scene_of(const UprightBoxes& box) {
  Scene scene = matching_scene();
  ObservationBatch& seen = scene.observation;
  const double middle = kFocal * (box.location[0][0] / box.location[0][2]).item<double>();
  seen.intrinsics =
      at::tensor({kFocal, 0.0, 32 - middle, 0.0, kFocal, 24.0, 0.0, 0.0, 1.0}, at::kDouble)
          .view({1, 3, 3});
  seen.mask = at::zeros({1, kSide, kSide}, at::kDouble);
  seen.depth = at::zeros({1, kSide, kSide}, at::kDouble);
  for (int v = 0; v < kSide; ++v)
    for (int u = 0; u < kSide; ++u) {
      const double z = depth_of(box, (u + 0.5 - 32 + middle) / kFocal, (v + 0.5 - 24) / kFocal);
      seen.depth[0][v][u] = z;
      seen.mask[0][v][u] = z > 0 ? 1.0 : 0.0;
    }
  const at::Tensor corners = box_corners(box)[0];
  const at::Tensor u = kFocal * corners.select(1, 0) / corners.select(1, 2) + 32 - middle;
  const at::Tensor v = kFocal * corners.select(1, 1) / corners.select(1, 2) + 24;
  seen.box = at::stack({u.min(), v.min(), u.max(), v.max()}).view({1, 4});
  scene.hypothesis.location = box.location.clone();
  scene.hypothesis.dimensions = box.dimensions.clone();
  scene.hypothesis.rotation_y = box.rotation_y.clone();
  return scene;
}

TEST(BoxCorners, AreThoseOfTheGeometry) {
  const at::Tensor tensors = box_corners(box(2, 1.6, 15, 0.7))[0];
  const Box3d same{{2, 1.6, 15}, 1.53, 1.63, 3.88, 0.7};
  for (const Eigen::Vector3d& corner : same.corners()) {
    const at::Tensor there = at::tensor({corner.x(), corner.y(), corner.z()}, at::kDouble);
    EXPECT_LT((tensors - there).square().sum(1).min().item<double>(), 1e-20);
  }
}

TEST(BoxCorners, DistancesAreMetres) {
  const UprightBoxes one = box(2, 1.6, 15, 0.7);
  EXPECT_NEAR(corner_distance(one, one).item<double>(), 0, 1e-12);
  EXPECT_NEAR(corner_distance(box(2, 1.6, 16, 0.7), one).item<double>(), 1, 0.01);
  EXPECT_NEAR(lifted_corner_distance(one, one).item<double>(), 0, 1e-12);
  const double half_turn = corner_distance(box(2, 1.6, 15, 0.7 + M_PI), one).item<double>();
  EXPECT_NEAR(half_turn, std::hypot(1.63, 3.88), 0.01);
}

/// Each thing by itself: the depth of a box elsewhere in the picture moves the target along its own ray.
TEST(BoxCorners, LiftedOneThingAtATime) {
  const UprightBoxes target = box(0, 0.765, 10, 0.7);
  const double apart = lifted_corner_distance(box(0, 0.765, 12, 0.7), target).item<double>();
  EXPECT_NEAR(apart, 2, 0.02);
  const double aside = lifted_corner_distance(box(1.2, 0.765, 12, 0.7), target).item<double>();
  const double turned = std::atan(0.1);  // the angle of the view, in which rotation_y is not alpha
  EXPECT_GT(aside, 2 + 1);
  EXPECT_LT(aside, 2 + 1 + 2 * turned * 2.2);
}

/// The oracle: a box that was drawn is found again, at every heading and place.
TEST(CornersLoss, FindsTheBoxThatWasSeen) {
  for (const double x : {-6.0, 0.0, 4.0})
    for (int i = 0; i < 12; ++i) {
      const UprightBoxes drawn = box(x, 1.6, 14, (i + 0.3) * M_PI / 6);
      EXPECT_LT(scene_of(drawn).evaluate(*loss("corners")), 0.35) << x << ", heading " << i;
    }
}

TEST(CornersLoss, CountsMetresAndTakesFrontForRear) {
  Scene scene = scene_of(box(1, 1.6, 14, 0.5));
  const double there = scene.evaluate(*loss("corners"));
  scene.hypothesis.location = scene.hypothesis.location + 2;
  EXPECT_NEAR(scene.evaluate(*loss("corners")), std::sqrt(12.0), 0.2);
  scene = scene_of(box(1, 1.6, 14, 0.5));
  scene.hypothesis.rotation_y = scene.hypothesis.rotation_y + M_PI;
  EXPECT_NEAR(scene.evaluate(*loss("corners")), there, 1e-9);
}

TEST(CornersLoss, SaysNothingWithoutPoints) {
  Scene scene = scene_of(box(1, 1.6, 14, 0.5));
  scene.observation.depth.zero_();
  EXPECT_EQ(scene.evaluate(*loss("corners")), 0);
}

TEST(CornersLoss, PointsOfWhatStandsBehindDoNotCount) {
  Scene scene = scene_of(box(1, 1.6, 14, 0.5));
  scene.observation.depth.narrow(2, 0, 30).add_(
      scene.observation.depth.narrow(2, 0, 30).gt(0).to(at::kDouble) * 30);
  EXPECT_LT(scene.evaluate(*loss("corners")), 0.6);
}

}  // namespace
}  // namespace monodr::test
