// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace monodr {
namespace {

// The standard names the 10000th number of std::mt19937_64 of its default seed.
TEST(Random, HasTheEngineOfTheStandard) {
  Random random(5489);
  for (int i = 1; i < 10000; ++i) random.bits();
  EXPECT_EQ(random.bits(), 9981545732273789042ULL);
}

TEST(Random, OfOneNameIsOneStreamAndEveryNameHasItsOwn) {
  EXPECT_EQ(Random(1, "noise", 2).bits(), Random(1, "noise", 2).bits());
  std::set<std::uint64_t> first;
  for (const std::uint64_t seed : {0, 1, 2})
    for (const char* stream : {"noise", "order", ""})
      for (std::uint64_t index = 0; index < 100; ++index)
        first.insert(Random(seed, stream, index).bits());
  EXPECT_EQ(first.size(), 900U);
}

// Of streams that are each asked for one number, as the steps of a training are.
TEST(Random, NumbersOfNeighbouringStreamsAreNormal) {
  constexpr int kCount = 20000;
  std::array<double, 5> moments{};
  double product = 0, last = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = Random(3, "noise", i).normal(1, 2);
    const double z = (x - 1) / 2;
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(z, k) / kCount;
    product += z * last / kCount;
    last = z;
  }
  // Four deviations of each estimate.
  const double off = 4 / std::sqrt(kCount);
  EXPECT_NEAR(moments[1], 0, off);
  EXPECT_NEAR(moments[2], 1, off * std::sqrt(2));
  EXPECT_NEAR(moments[3], 0, off * std::sqrt(15));
  EXPECT_NEAR(moments[4], 3, off * std::sqrt(96));
  EXPECT_NEAR(product, 0, off);
}

TEST(Random, BelowReachesAllAndNoMore) {
  Random random(7);
  std::array<int, 5> seen{};
  for (int i = 0; i < 5000; ++i) ++seen.at(random.below(5));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 4 * std::sqrt(800));
  EXPECT_EQ(random.below(1), 0);
}

TEST(Random, ShufflesIntoEveryOrderAlike) {
  std::map<std::string, int> seen;
  for (int i = 0; i < 6000; ++i) {
    std::string letters = "abc";
    Random(5, "order", i).shuffle(letters);
    ++seen[letters];
  }
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [letters, count] : seen) EXPECT_NEAR(count, 1000, 4 * std::sqrt(833)) << letters;
  std::vector<int> none;
  Random(5).shuffle(none);
}

TEST(Random, WithinThreeHasNoTails) {
  Random random(9);
  double largest = 0;
  for (int i = 0; i < 20000; ++i)
    largest = std::max(largest, std::abs(random.normal_within_three(0, 1)));
  EXPECT_LE(largest, 3);
  EXPECT_GT(largest, 2.5);
}

}  // namespace
}  // namespace monodr
