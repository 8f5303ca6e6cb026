// SPDX-License-Identifier: Apache-2.0
#include "evidence/faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "evidence/smooth_field.h"

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

MaskFaults ragged(double deviation) {
  MaskFaults faults;
  faults.raggedness = deviation;
  return faults;
}

DepthFaults network_noise(double deviation, double bias) {
  DepthFaults faults;
  faults.noise = deviation;
  faults.bias = bias;
  return faults;
}

int pixels(const BinaryMask& mask) {
  return int(std::count(mask.values.begin(), mask.values.end(), 1));
}

TEST(Random, NormalsHaveTheirTails) {
  Random random(1, "tails", 0);
  Moments moments;
  int beyond = 0;
  for (int draw = 0; draw < 200000; ++draw) {
    const double value = random.normal(0, 1);
    moments.add(value);
    beyond += std::abs(value) > 3;
    EXPECT_LE(std::abs(random.normal_within_three(0, 1)), 3);
  }
  EXPECT_NEAR(moments.mean(), 0, 0.01);
  EXPECT_NEAR(moments.deviation(), 1, 0.01);
  EXPECT_NEAR(beyond, 0.0027 * 200000, 90);  // four deviations of the count
}

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
    EXPECT_NEAR(pixel.deviation(), 1, 0.06);
  }
  EXPECT_LT(steps.deviation(), 0.5);  // independent values would step by 1.4
}

TEST(MovedBorder, BorderMovesByTheStatedDeviation) {
  constexpr int kSize = 192;  // three pixels to one of the 64 px crop
  const BinaryMask mask = disc(kSize, 60);
  Moments radius;
  for (int draw = 0; draw < 200; ++draw) {
    Random random(1, "mask", std::uint64_t(draw));
    const BinaryMask moved = moved_border(mask, whole(kSize), ragged(2), random);
    for (int angle = 0; angle < 8; ++angle) {  // the last set pixel along a ray
      double reach = 0;
      for (double r = 20; r < 95; r += 0.25)
        if (moved.at(int(kSize / 2 + r * std::cos(angle * M_PI / 4)),
                     int(kSize / 2 + r * std::sin(angle * M_PI / 4))))
          reach = r;
      radius.add(reach / 3);
    }
  }
  EXPECT_NEAR(radius.mean(), 20, 0.3);
  EXPECT_NEAR(radius.deviation(), 2, 0.25);
}

// A pixel beyond a gap along the ray from the centre would be an island.
TEST(MovedBorder, GrowsFromTheBorderWithoutIslands) {
  constexpr int kSize = 128;
  int islands = 0, pixels = 0;
  for (int draw = 0; draw < 50; ++draw) {
    Random random(2, "mask", std::uint64_t(draw));
    const BinaryMask moved = moved_border(disc(kSize, 30), whole(kSize), ragged(3), random);
    for (int angle = 0; angle < 64; ++angle) {
      bool gap = false;
      for (double r = 1; r < 60; r += 0.5) {
        const bool set = moved.at(int(kSize / 2 + r * std::cos(angle * M_PI / 32)),
                                  int(kSize / 2 + r * std::sin(angle * M_PI / 32)));
        islands += gap && set;
        pixels += set;
        gap = gap || !set;
      }
    }
  }
  EXPECT_LT(islands, 0.01 * pixels);  // steps of the pixel grid make a few
}

TEST(MovedBorder, ZeroChangesNothingAndTheStreamDecides) {
  const BinaryMask mask = disc(100, 30);
  Random a(1, "f mask", 3), b(1, "f mask", 3), c(1, "f mask", 4), d(2, "f mask", 3);
  EXPECT_EQ(moved_border(mask, whole(100), ragged(0), a).values, mask.values);
  const auto drawn = moved_border(mask, whole(100), ragged(2), a).values;
  EXPECT_EQ(drawn, moved_border(mask, whole(100), ragged(2), b).values);
  EXPECT_NE(drawn, moved_border(mask, whole(100), ragged(2), c).values);
  EXPECT_NE(drawn, moved_border(mask, whole(100), ragged(2), d).values);
}

TEST(FaultyDepth, HasTheStatedTotalAndSharedDeviation) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.metres = Plane<float>(kSize, kSize, 20.f);
  const BinaryMask mask = disc(kSize, 27);
  Moments pixel, shared;
  for (int draw = 0; draw < 2000; ++draw) {
    Random random(3, "depth", std::uint64_t(draw));
    const DepthMap noisy =
        faulty_depth(depth, mask, whole(kSize), network_noise(0.10, 0.05), random);
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
  EXPECT_NEAR(pixel.deviation(), 0.10, 0.006);
  const double expected = std::sqrt(0.05 * 0.05 + (0.10 * 0.10 - 0.05 * 0.05) / 5);
  EXPECT_NEAR(shared.deviation(), expected, 0.012);
}

TEST(FaultyDepth, BleedsAcrossTheBorderTowardsTheBackground) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.metres = Plane<float>(kSize, kSize, 60.f);
  BinaryMask mask(kSize, kSize);
  for (int y = 16; y < 48; ++y)
    for (int x = 16; x < 48; ++x) {
      mask.at(x, y) = 1;
      depth.metres.at(x, y) = 10;
    }
  DepthFaults bleeding;
  bleeding.bleeding = 1.2;
  Random random(1, "depth", 0);
  const DepthMap noisy = faulty_depth(depth, mask, whole(kSize), bleeding, random);
  EXPECT_NEAR(noisy.metres.at(32, 32), 10, 1e-3);
  EXPECT_GT(noisy.metres.at(16, 32), 11);
  EXPECT_LT(noisy.metres.at(16, 32), 13);
  EXPECT_GT(noisy.metres.at(15, 32), noisy.metres.at(16, 32));
  EXPECT_NEAR(noisy.metres.at(5, 32), 16, 0.01);
  Random unused(1, "depth", 0);
  EXPECT_EQ(faulty_depth(depth, mask, whole(kSize), {}, unused).metres.values, depth.metres.values);
}

TEST(MovedBorder, ErosionAndDilationMoveItByWhatIsAsked) {
  constexpr int kSize = 192;  // three pixels to one of the 64 px crop
  const BinaryMask mask = disc(kSize, 60);
  Random random(1, "mask", 0);
  const auto radius_after = [&](double erosion, double dilation) {
    MaskFaults faults;
    faults.erosion = erosion;
    faults.dilation = dilation;
    return std::sqrt(pixels(moved_border(mask, whole(kSize), faults, random)) / M_PI) / 3;
  };
  EXPECT_NEAR(radius_after(3, 0), 17, 0.1);
  EXPECT_NEAR(radius_after(0, 3), 23, 0.1);
  EXPECT_NEAR(radius_after(3, 1), 18, 0.15);
  EXPECT_LT(radius_after(20, 0), 0.3);
}

TEST(CutMask, TakesTheStatedShareFromOneSide) {
  constexpr int kSize = 200;
  const BinaryMask mask = disc(kSize, 60);
  std::array<int, 3> sides{};
  for (int draw = 0; draw < 60; ++draw) {
    Random random(4, "cut", std::uint64_t(draw));
    const CutMask cut = cut_mask(mask, whole(kSize), 0.4, random);
    EXPECT_NEAR(pixels(cut.mask), 0.6 * pixels(mask), 121);  // one row or column
    int top = 0, left = 0;
    for (size_t i = 0; i < mask.values.size(); ++i) {
      EXPECT_EQ(cut.mask.values[i], mask.values[i] && !cut.occluder.values[i]);
      top += mask.values[i] && cut.occluder.values[i] && int(i) / kSize < kSize / 2;
      left += mask.values[i] && cut.occluder.values[i] && int(i) % kSize < kSize / 2;
    }
    const int taken = pixels(mask) - pixels(cut.mask);
    ++sides[left > 0.9 * taken ? 0 : left < 0.1 * taken ? 1 : 2];
    if (left > 0.1 * taken && left < 0.9 * taken) {
      EXPECT_EQ(top, 0);
    }
  }
  for (const int count : sides) EXPECT_GT(count, 8);
  Random random(4, "cut", 0);
  EXPECT_EQ(cut_mask(mask, whole(kSize), 0, random).mask.values, mask.values);
  EXPECT_EQ(pixels(cut_mask(BinaryMask(9, 9), whole(9), 0.5, random).occluder), 0);
}

// Neighbours three pixels apart agree under few nodes and hardly under many.
TEST(FaultyDepth, NodesSetTheCorrelationLength) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.metres = Plane<float>(kSize, kSize, 20.f);
  const BinaryMask mask = disc(kSize, 30);
  const auto statistics = [&](int nodes) {
    DepthFaults faults = network_noise(0.1, 0);
    faults.nodes = nodes;
    double product = 0;
    Moments mean;
    for (int draw = 0; draw < 400; ++draw) {
      Random random(5, "depth", std::uint64_t(draw));
      const Plane<float> z = faulty_depth(depth, mask, whole(kSize), faults, random).metres;
      product += (z.at(30, 30) / 20 - 1) * (z.at(33, 30) / 20 - 1) / 400;
      double sum = 0;
      for (const float value : z.values) sum += value / 20 - 1;
      mean.add(sum / double(z.values.size()));
    }
    return std::pair(product / 0.01, mean.deviation());
  };
  const auto [few, few_mean] = statistics(5);
  const auto [many, many_mean] = statistics(32);
  EXPECT_GT(few, 0.8);
  EXPECT_LT(many, 0.3);
  EXPECT_GT(few_mean, 0.012);
  EXPECT_LT(many_mean, 0.005);  // 0.1 over the root of about 900 independent patches
}

TEST(FaultyDepth, ScaleRowsAndPixelNoiseMakeALidarOfADenseMap) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.metres = Plane<float>(kSize, kSize, 20.f);
  DepthFaults faults;
  faults.scale = 1.1;
  faults.noise_metres = 0.02;
  faults.row_step = 5;
  Random random(1, "depth", 0);
  const DepthMap sparse = faulty_depth(depth, disc(kSize, 27), whole(kSize), faults, random);
  EXPECT_TRUE(sparse.is_sparse);
  EXPECT_EQ(sparse.relative_deviation, 0);
  Moments moments;
  for (int y = 0; y < kSize; ++y)
    for (int x = 0; x < kSize; ++x) {
      EXPECT_EQ(sparse.metres.at(x, y) > 0, y % 5 == 0);
      if (sparse.metres.at(x, y) > 0) moments.add(sparse.metres.at(x, y));
    }
  EXPECT_NEAR(moments.mean(), 22, 0.003);
  EXPECT_NEAR(moments.deviation(), 0.02, 0.002);
}

// Real LiDAR keeps its gaps, and what the map said of its own noise is added to.
TEST(FaultyDepth, OfASparseMapOnlyItsPointsChange) {
  constexpr int kSize = 64;
  DepthMap depth;
  depth.is_sparse = true;
  depth.relative_deviation = 0.03;
  depth.metres = Plane<float>(kSize, kSize);
  for (int i = 0; i < kSize * kSize; i += 7) depth.metres.values[size_t(i)] = 20;
  DepthFaults faults = network_noise(0.04, 0.04);
  faults.bleeding = 2;
  Random random(1, "depth", 0);
  const DepthMap faulty = faulty_depth(depth, disc(kSize, 27), whole(kSize), faults, random);
  for (int i = 0; i < kSize * kSize; ++i)
    EXPECT_EQ(faulty.metres.values[size_t(i)] > 0, i % 7 == 0);
  EXPECT_NEAR(faulty.relative_deviation, 0.05, 1e-9);
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
  EXPECT_NEAR(left.deviation(), 2, 0.1);
  EXPECT_NEAR(bottom.deviation(), 0.8, 0.04);
}

}  // namespace
}  // namespace monodr
