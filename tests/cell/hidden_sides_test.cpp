// SPDX-License-Identifier: Apache-2.0
#include "cell/hidden_sides.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace monodr {
namespace {

/// A car 10 m ahead, of which the left half of the detected box's true width is seen.
struct HiddenSides : testing::Test {
  HiddenSides() {
    seen.frame = fit.frame = "000001";
    seen.object = fit.object = 4;
    seen.camera.intrinsics = {100, 100, 120, 60};
    seen.camera.width = 240;
    seen.camera.height = 120;
    seen.box = {100, 55, 120, 68};
    seen.free_sides = {1, 1, 1, 1};
    fit.box.location = {0, 1, 10};
    fit.box.height = 1.5;
    fit.box.width = 2;
    fit.box.length = 4;  // along x: from -2 to 2, its near face at 9 m
    fit.box2d = seen.box;
  }

  void expect_sides(const Box2d& box, double left, double top, double right, double bottom) const {
    EXPECT_NEAR(box.left, left, 1e-9);
    EXPECT_NEAR(box.top, top, 1e-9);
    EXPECT_NEAR(box.right, right, 1e-9);
    EXPECT_NEAR(box.bottom, bottom, 1e-9);
  }

  Observation seen;
  FittedObject fit;
};

TEST_F(HiddenSides, FreeSidesStayAndHiddenOnesEndWithTheFittedBox) {
  expect_sides(with_hidden_sides(seen, fit), 100, 55, 120, 68);
  seen.free_sides = {1, 1, 0, 1};
  expect_sides(with_hidden_sides(seen, fit), 100, 55, 120 + 100 * 2.0 / 9, 68);
  seen.free_sides = {0, 0, 0, 0};
  expect_sides(with_hidden_sides(seen, fit),
               120 - 100 * 2.0 / 9,
               60 - 100 * 0.5 / 9,
               120 + 100 * 2.0 / 9,
               60 + 100 * 1.0 / 9);
}

TEST_F(HiddenSides, TheFittedMeshSaysMoreThanItsBox) {
  seen.free_sides = {1, 1, 0, 1};
  fit.mesh.vertices = {{-1, 0, 10}, {1.5f, 1, 10}, {0, 1, 11}};
  expect_sides(with_hidden_sides(seen, fit), 100, 55, 135, 68);
}

TEST_F(HiddenSides, EndAtTheImageAndNeverMoveInwards) {
  seen.free_sides = {0, 0, 0, 0};
  fit.box.location.x() = 11;  // leaves the image on the right; its left end lies right of the box's
  const Box2d box = with_hidden_sides(seen, fit);
  EXPECT_EQ(box.left, 100);
  EXPECT_EQ(box.right, 240);
}

TEST_F(HiddenSides, WhatLiesBesideOrBehindTheCameraSaysNothing) {
  seen.free_sides = {0, 0, 0, 0};
  fit.box.location.z() = -5;
  expect_sides(with_hidden_sides(seen, fit), 100, 55, 120, 68);
  // The camera stands 5 m behind the frame in which boxes are given: now it sees it.
  seen.camera.offset = {0, 0, 15};
  EXPECT_LT(with_hidden_sides(seen, fit).left, 100);
}

TEST_F(HiddenSides, AReportedBoxIsKnownAgainAndNoOther) {
  const std::uint64_t seed = 20261128;
  SCOPED_TRACE(seed);
  Random random(seed, "hidden sides", 0);
  for (int i = 0; i < 200; ++i) {
    for (float& side : seen.free_sides) side = random.chance(0.5) ? 1 : 0;
    fit.box.location = {random.uniform(-4, 4), random.uniform(0, 2), random.uniform(6, 20)};
    fit.box.rotation_y = random.uniform(-3, 3);
    Box2d box = with_hidden_sides(seen, fit);
    EXPECT_TRUE(may_come_from(seen, box));
    box.left += 1e-6;  // inwards, or not the detector's
    EXPECT_FALSE(may_come_from(seen, box) && box.left > seen.box.left);
    if (seen.free_sides[3] > 0) {
      box = with_hidden_sides(seen, fit);
      box.bottom += 1e-6;
      EXPECT_FALSE(may_come_from(seen, box));
    }
  }
}

TEST_F(HiddenSides, OnlyOfBoxesThatShowWhatIsVisibleAndOfFitsThatHaveAPose) {
  seen.free_sides = {1, 1, 0, 1};
  ObservationSet set;
  set.observations = {seen};
  const auto right_of = [&](bool is_whole, const FittedObject& one) {
    set.whole_boxes = {is_whole};
    std::vector<FittedObject> fits{one};
    add_hidden_sides(set, fits);
    return fits[0].box2d.right;
  };
  EXPECT_GT(right_of(false, fit), 120);
  EXPECT_EQ(right_of(true, fit), 120);
  FittedObject other = fit;
  other.object = 5;
  EXPECT_EQ(right_of(false, other), 120);
  other = fit;
  other.failure = "it diverged";
  EXPECT_EQ(right_of(false, other), 120);
  other = fit;
  other.box = {};
  EXPECT_EQ(right_of(false, other), 120) << "a detection in the image alone";
  set.whole_boxes.clear();
  std::vector<FittedObject> fits{fit};
  EXPECT_ANY_THROW(add_hidden_sides(set, fits));
}

}  // namespace
}  // namespace monodr
