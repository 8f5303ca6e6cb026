// SPDX-License-Identifier: Apache-2.0
#include "geometry/overlap.h"

#include <gtest/gtest.h>

#include <clipper.hpp>
#include <cmath>

#include "base/random.h"

namespace monodr {
namespace {

constexpr unsigned seed = 20240601;

Box3d make_box(double x, double z, double length, double width, double rotation_y) {
  Box3d box;
  box.location = {x, 1.6, z};
  box.height = 1.5;
  box.length = length;
  box.width = width;
  box.rotation_y = rotation_y;
  return box;
}

/// The oracle: Clipper works on whole numbers, here in units of 1e-8 m, and shares no code or
/// method with overlap.cpp.
constexpr double clipper_scale = 1e8;

ClipperLib::Path footprint(const Box3d& box) {
  ClipperLib::Path path;
  const auto corners = box.corners();
  for (int i = 0; i < 4; ++i)
    path.emplace_back(std::llround(corners[i].x() * clipper_scale),
                      std::llround(corners[i].z() * clipper_scale));
  return path;
}

double oracle_intersection(const Box3d& a, const Box3d& b) {
  ClipperLib::Clipper clipper;
  clipper.AddPath(footprint(a), ClipperLib::ptSubject, true);
  clipper.AddPath(footprint(b), ClipperLib::ptClip, true);
  ClipperLib::Paths common;
  clipper.Execute(ClipperLib::ctIntersection, common);
  double area = 0;
  for (const ClipperLib::Path& path : common) area += std::abs(ClipperLib::Area(path));
  return area / clipper_scale / clipper_scale;
}

class Randomness {
 public:
  double uniform(double low, double high) { return random_.uniform(low, high); }

  Box3d box() {
    Box3d result =
        make_box(uniform(-4, 4), uniform(5, 13), uniform(0.5, 6), uniform(0.3, 3), uniform(-7, 7));
    result.location.y() = uniform(0.5, 2.5);
    result.height = uniform(0.5, 3);
    return result;
  }

 private:
  Random random_{seed};
};

TEST(Overlap, AgreesWithAnIndependentClipper) {
  Randomness random;
  int overlapping = 0;
  for (int i = 0; i < 20000; ++i) {
    const Box3d a = random.box(), b = random.box();
    const double expected = oracle_intersection(a, b);
    ASSERT_NEAR(footprint_intersection(a, b), expected, 1e-6) << "seed " << seed << ", pair " << i;
    overlapping += expected > 0 ? 1 : 0;
  }
  EXPECT_GT(overlapping, 5000) << "the boxes hardly ever meet: nothing was tested";
}

TEST(Overlap, IsSymmetricAndWithinZeroAndOne) {
  Randomness random;
  for (int i = 0; i < 20000; ++i) {
    const Box3d a = random.box(), b = random.box();
    for (auto overlap : {bev_overlap, volume_overlap}) {
      const double value = overlap(a, b);
      ASSERT_NEAR(value, overlap(b, a), 1e-12) << "seed " << seed << ", pair " << i;
      ASSERT_GE(value, 0);
      ASSERT_LE(value, 1);
    }
    ASSERT_LE(volume_overlap(a, b), bev_overlap(a, b) + 1e-12)
        << "heights can only take away; seed " << seed << ", pair " << i;
  }
}

TEST(Overlap, OfABoxWithItselfIsOne) {
  Randomness random;
  for (int i = 0; i < 20000; ++i) {
    const Box3d box = random.box();
    ASSERT_NEAR(bev_overlap(box, box), 1, 1e-14) << "seed " << seed << ", box " << i;
    ASSERT_NEAR(volume_overlap(box, box), 1, 1e-14) << "seed " << seed << ", box " << i;
    Box3d turned = box;  // the same box, told otherwise
    turned.rotation_y += i % 2 == 0 ? M_PI : -2 * M_PI;
    ASSERT_NEAR(bev_overlap(box, turned), 1, 1e-12) << "seed " << seed << ", box " << i;
    std::swap(turned.length, turned.width);
    turned.rotation_y += M_PI / 2;
    ASSERT_NEAR(volume_overlap(turned, box), 1, 1e-12) << "seed " << seed << ", box " << i;
  }
}

TEST(Overlap, DoesNotChangeUnderACommonMotion) {
  Randomness random;
  for (int i = 0; i < 5000; ++i) {
    const Box3d a = random.box(), b = random.box();
    const double turn = random.uniform(-4, 4);
    const Eigen::Vector3d shift(
        random.uniform(-60, 60), random.uniform(-2, 2), random.uniform(-60, 60));
    const auto moved = [&](Box3d box) {
      const double c = std::cos(turn), s = std::sin(turn);
      const Eigen::Vector3d p = box.location;
      box.location = Eigen::Vector3d(c * p.x() + s * p.z(), p.y(), -s * p.x() + c * p.z()) + shift;
      box.rotation_y += turn;
      return box;
    };
    ASSERT_NEAR(bev_overlap(moved(a), moved(b)), bev_overlap(a, b), 1e-10) << "seed " << seed;
    ASSERT_NEAR(volume_overlap(moved(a), moved(b)), volume_overlap(a, b), 1e-10) << "seed " << seed;
  }
}

TEST(Overlap, OfNestedBoxesIsTheRatioOfTheirSizes) {
  Randomness random;
  for (int i = 0; i < 5000; ++i) {
    const Box3d outer = make_box(2, 9, 4, 4, random.uniform(-4, 4));
    Box3d inner = make_box(2, 9, 1, 2, random.uniform(-4, 4));
    ASSERT_NEAR(bev_overlap(inner, outer), 2.0 / 16, 1e-13) << "seed " << seed;
    inner.height = 0.5;
    inner.location.y() = 1.2;
    ASSERT_NEAR(volume_overlap(inner, outer), 0.5 * 2 / (1.5 * 16), 1e-13) << "seed " << seed;
    // Sharing sides and corners as well.
    Box3d half = outer;
    half.length = 2;
    const double c = std::cos(outer.rotation_y), s = std::sin(outer.rotation_y);
    half.location += Eigen::Vector3d(c, 0, -s);
    ASSERT_NEAR(bev_overlap(half, outer), 0.5, 1e-12) << "seed " << seed;
  }
}

TEST(Overlap, OfTouchingBoxesIsZero) {
  Randomness random;
  for (int i = 0; i < 5000; ++i) {
    const double yaw = i == 0 ? 0 : random.uniform(-4, 4);
    const double c = std::cos(yaw), s = std::sin(yaw);
    const Box3d a = make_box(1, 10, 4, 2, yaw);
    Box3d behind = a, beside = a, cornerwise = a;
    behind.location += 4 * Eigen::Vector3d(c, 0, -s);
    beside.location += 2 * Eigen::Vector3d(s, 0, c);
    cornerwise.location = behind.location + 2 * Eigen::Vector3d(s, 0, c);
    for (const Box3d& b : {behind, beside, cornerwise}) {
      ASSERT_NEAR(bev_overlap(a, b), 0, 1e-14) << "seed " << seed;
      ASSERT_NEAR(bev_overlap(b, a), 0, 1e-14) << "seed " << seed;
    }
    Box3d above = a;
    above.location.y() -= a.height;
    ASSERT_NEAR(volume_overlap(a, above), 0, 1e-14);
    ASSERT_NEAR(bev_overlap(a, above), 1, 1e-14);
  }
}

TEST(Overlap, OfSliversIsExact) {
  Randomness random;
  for (const double width : {1e-3, 1e-6, 1e-9, 1e-12}) {
    for (int i = 0; i < 1000; ++i) {
      const double yaw = random.uniform(-4, 4);
      const Box3d sliver = make_box(1, 10, 4, width, yaw);
      ASSERT_NEAR(bev_overlap(sliver, sliver), 1, 1e-12);
      // Crossing a square through its centre: the diagonal chord is 2 / max(|cos|, |sin|) long.
      const Box3d square = make_box(1, 10, 2, 2, 0);
      const double chord = 2 / std::max(std::abs(std::cos(yaw)), std::abs(std::sin(yaw)));
      ASSERT_NEAR(footprint_intersection(sliver, square) / width, chord, width + 1e-12)
          << "seed " << seed << ", yaw " << yaw << ", width " << width;
      ASSERT_NEAR(footprint_intersection(square, sliver) / width, chord, width + 1e-12)
          << "seed " << seed << ", yaw " << yaw << ", width " << width;
    }
  }
}

TEST(Overlap, OfCrossedBoxesByHand) {
  const Box3d along = make_box(0, 10, 4, 2, 0);
  EXPECT_NEAR(bev_overlap(along, make_box(0, 10, 4, 2, M_PI / 2)), 4.0 / 12, 1e-15);
  EXPECT_NEAR(bev_overlap(along, make_box(1, 10, 4, 2, 0)), 6.0 / 10, 1e-15);
  // A square and the same turned by 45 degrees meet in a regular octagon.
  const double octagon = 8 * (std::sqrt(2.0) - 1);
  EXPECT_NEAR(
      footprint_intersection(make_box(3, 7, 2, 2, 0.3), make_box(3, 7, 2, 2, 0.3 + M_PI / 4)),
      octagon,
      1e-13);
}

TEST(Overlap, BoxesWithoutExtentOverlapNothing) {
  const Box3d box = make_box(0, 10, 4, 2, 0.3);
  for (const Box3d& flat : {make_box(0, 10, 0, 2, 0.3), make_box(0, 10, -4, 2, 0.3)}) {
    EXPECT_EQ(bev_overlap(box, flat), 0);
    EXPECT_EQ(bev_overlap(flat, box), 0);
    EXPECT_EQ(volume_overlap(flat, flat), 0);
  }
  // Both negative is the same rectangle.
  EXPECT_NEAR(bev_overlap(box, make_box(0, 10, -4, -2, 0.3)), 1, 1e-14);
}

}  // namespace
}  // namespace monodr
