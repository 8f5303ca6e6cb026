// SPDX-License-Identifier: Apache-2.0
#include "data/faults.h"

#include <gtest/gtest.h>

#include <cmath>

namespace monodr {
namespace {

struct Moments {
  double sum = 0, squares = 0;
  int count = 0;
  void add(double value) {
    sum += value;
    squares += value * value;
    ++count;
  }
  double mean() const { return sum / count; }
  double deviation() const { return std::sqrt(squares / count - mean() * mean()); }
};

BinaryMask disc(int size, double radius) {
  BinaryMask mask(size, size);
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x)
      mask.at(x, y) = std::hypot(x + 0.5 - size / 2.0, y + 0.5 - size / 2.0) < radius;
  return mask;
}

CropWindow whole(int size) {
  return {0, 0, double(size), 64};
}

// Random draws normals cut at three deviations; their deviation is 0.987.
constexpr double kCut = 0.987;

TEST(SmoothField, HasUnitDeviationEverywhereAndIsSmooth) {
  constexpr int kSize = 16, kDraws = 4000;
  std::vector<Moments> moments(kSize * kSize);
  Moments steps;
  Random random(7, "field", 0);
  for (int draw = 0; draw < kDraws; ++draw) {
    const std::vector<float> field = smooth_field(5, kSize, random);
    for (size_t i = 0; i < field.size(); ++i) moments[i].add(field[i]);
    steps.add(field[1] - field[0]);
  }
  for (const Moments& pixel : moments) {
    EXPECT_NEAR(pixel.mean(), 0, 0.08);
    EXPECT_NEAR(pixel.deviation(), kCut, 0.06);
  }
  EXPECT_LT(steps.deviation(), 0.5);  // independent values would step by 1.4
}

TEST(RaggedMask, BorderMovesByTheStatedDeviation) {
  constexpr int kSize = 192;  // three pixels to one of the 64 px crop
  const BinaryMask mask = disc(kSize, 60);
  Moments radius;
  for (int draw = 0; draw < 200; ++draw) {
    Random random(1, "mask", std::uint64_t(draw));
    const BinaryMask ragged = ragged_mask(mask, whole(kSize), 2, random);
    for (int angle = 0; angle < 8; ++angle) {  // the last set pixel along a ray
      double reach = 0;
      for (double r = 20; r < 95; r += 0.25)
        if (ragged.at(int(kSize / 2 + r * std::cos(angle * M_PI / 4)),
                      int(kSize / 2 + r * std::sin(angle * M_PI / 4))))
          reach = r;
      radius.add(reach / 3);
    }
  }
  EXPECT_NEAR(radius.mean(), 20, 0.3);
  EXPECT_NEAR(radius.deviation(), 2 * kCut, 0.25);
}

// A pixel beyond a gap along the ray from the centre would be an island.
TEST(RaggedMask, GrowsFromTheBorderWithoutIslands) {
  constexpr int kSize = 128;
  int islands = 0, pixels = 0;
  for (int draw = 0; draw < 50; ++draw) {
    Random random(2, "mask", std::uint64_t(draw));
    const BinaryMask ragged = ragged_mask(disc(kSize, 30), whole(kSize), 3, random);
    for (int angle = 0; angle < 64; ++angle) {
      bool gap = false;
      for (double r = 1; r < 60; r += 0.5) {
        const bool set = ragged.at(int(kSize / 2 + r * std::cos(angle * M_PI / 32)),
                                   int(kSize / 2 + r * std::sin(angle * M_PI / 32)));
        islands += gap && set;
        pixels += set;
        gap = gap || !set;
      }
    }
  }
  EXPECT_LT(islands, 0.01 * pixels);  // steps of the pixel grid make a few
}

TEST(RaggedMask, ZeroChangesNothingAndTheStreamDecides) {
  const BinaryMask mask = disc(100, 30);
  Random a(1, "f mask", 3), b(1, "f mask", 3), c(1, "f mask", 4), d(2, "f mask", 3);
  EXPECT_EQ(ragged_mask(mask, whole(100), 0, a).values, mask.values);
  const auto drawn = ragged_mask(mask, whole(100), 2, a).values;
  EXPECT_EQ(drawn, ragged_mask(mask, whole(100), 2, b).values);
  EXPECT_NE(drawn, ragged_mask(mask, whole(100), 2, c).values);
  EXPECT_NE(drawn, ragged_mask(mask, whole(100), 2, d).values);
}

TEST(NoisyDepth, HasTheStatedTotalAndSharedDeviation) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.metres = Plane<float>(kSize, kSize, 20.f);
  const BinaryMask mask = disc(kSize, 27);
  Moments pixel, shared;
  for (int draw = 0; draw < 2000; ++draw) {
    Random random(3, "depth", std::uint64_t(draw));
    const DepthMap noisy = noisy_depth(depth, mask, whole(kSize), {0.10, 0.05}, random);
    pixel.add(noisy.metres.at(33, 30) / 20 - 1);
    double sum = 0;
    // Far apart, so that what they have in common is the bias (and a little of the field).
    for (const auto& [x, y] : {std::pair(13, 32),
                               std::pair(51, 32),
                               std::pair(32, 13),
                               std::pair(32, 51),
                               std::pair(32, 32)})
      sum += noisy.metres.at(x, y) / 20 - 1;
    shared.add(sum / 5);
    EXPECT_EQ(noisy.deviation_at(20), 0.10);
  }
  EXPECT_NEAR(pixel.mean(), 0, 0.01);
  EXPECT_NEAR(pixel.deviation(), 0.10 * kCut, 0.006);
  const double expected = std::sqrt(0.05 * 0.05 + (0.10 * 0.10 - 0.05 * 0.05) / 5);
  EXPECT_NEAR(shared.deviation(), expected, 0.012);
}

TEST(NoisyDepth, BleedsAcrossTheBorderTowardsTheBackground) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.metres = Plane<float>(kSize, kSize, 60.f);
  BinaryMask mask(kSize, kSize);
  for (int y = 16; y < 48; ++y)
    for (int x = 16; x < 48; ++x) {
      mask.at(x, y) = 1;
      depth.metres.at(x, y) = 10;
    }
  Random random(1, "depth", 0);
  const DepthMap noisy = noisy_depth(depth, mask, whole(kSize), {1e-6, 0}, random);
  EXPECT_NEAR(noisy.metres.at(32, 32), 10, 1e-3);
  EXPECT_GT(noisy.metres.at(16, 32), 11);
  EXPECT_LT(noisy.metres.at(16, 32), 13);
  EXPECT_GT(noisy.metres.at(15, 32), noisy.metres.at(16, 32));
  EXPECT_NEAR(noisy.metres.at(5, 32), 16, 0.01);
  Random unused(1, "depth", 0);
  EXPECT_EQ(noisy_depth(depth, mask, whole(kSize), {0, 0}, unused).metres.values,
            depth.metres.values);
}

TEST(JitteredBox, MovesEachSideByAShareOfTheBox) {
  const Box2d box{100, 50, 200, 90};
  Moments left, bottom;
  for (int draw = 0; draw < 3000; ++draw) {
    Random random(5, "box", std::uint64_t(draw));
    const Box2d moved = jittered_box(box, 0.02, random);
    left.add(moved.left - 100);
    bottom.add(moved.bottom - 90);
  }
  EXPECT_NEAR(left.deviation(), 2 * kCut, 0.1);
  EXPECT_NEAR(bottom.deviation(), 0.8 * kCut, 0.04);
}

}  // namespace
}  // namespace monodr
