// SPDX-License-Identifier: Apache-2.0
// Batches of overlaps; what one overlap is stands in tests/geometry/overlap_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "kernels/scenes.h"

namespace monodr {
namespace {

void fill(Array<double>& boxes, Random& random) {
  for (std::int64_t n = 0; n < boxes.count(); ++n) {
    const double share = random.uniform(0, 1);
    const int column = int(n % MONODR_BOX_NUMBERS);
    boxes[n] = column < 3 ? 0.5 + 4 * share : column == 6 ? 6.3 * share : 4 * share;
  }
}

TEST(BoxOverlaps, OfStridedBoxesAreThoseOfThePairs) {
  Random random(11);
  for (int repetition = 0; repetition < 20; ++repetition) {
    const std::int64_t count_a = random.below(6), count_b = random.below(6);
    Array<double> a({count_a, 7}, random), b({count_b, 7}, random);
    Array<double> footprint({count_a, count_b}, random), volume({count_a, count_b}, random);
    fill(a, random);
    fill(b, random);
    const monodr_array from_a = a.view(), from_b = b.view();
    const monodr_array to_footprint = footprint.view(), to_volume = volume.view();
    const int threads = 1 + random.below(3);
    ASSERT_EQ(monodr_box_overlaps(
                  count_a, &from_a, count_b, &from_b, &to_footprint, nullptr, &to_volume, threads),
              MONODR_OK)
        << monodr_last_message();
    for (std::int64_t i = 0; i < count_a; ++i)
      for (std::int64_t j = 0; j < count_b; ++j) {
        double one[7], other[7];
        for (int k = 0; k < 7; ++k) one[k] = a[7 * i + k], other[k] = b[7 * j + k];
        monodr_overlap overlap;
        ASSERT_EQ(monodr_box_overlap(one, other, &overlap), MONODR_OK);
        EXPECT_EQ(footprint[count_b * i + j], overlap.footprint);
        EXPECT_EQ(volume[count_b * i + j], overlap.volume);
      }
    EXPECT_TRUE(footprint.gaps_untouched() && volume.gaps_untouched());
  }
}

TEST(BoxOverlaps, FaultsAreRefused) {
  double boxes[7] = {1, 1, 1, 0, 0, 0, 0}, to[1];
  monodr_overlap overlap;
  const monodr_array one = {boxes, {7, 1}}, none = {nullptr, {7, 1}}, out = {to, {1, 1}};
  EXPECT_EQ(monodr_box_overlap(nullptr, boxes, &overlap), MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_box_overlap(boxes, boxes, nullptr), MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_box_overlaps(1, nullptr, 1, &one, &out, nullptr, nullptr, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_box_overlaps(1, &one, 1, &none, &out, nullptr, nullptr, 1), MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_box_overlaps(-1, &one, 1, &one, &out, nullptr, nullptr, 1), MONODR_BAD_SIZE);
  EXPECT_EQ(monodr_box_overlaps(1, &one, 1, &one, &out, nullptr, nullptr, -1), MONODR_BAD_SIZE);
  const monodr_array shared = {to, {0, 0}}, repeated = {boxes, {0, 1}};
  EXPECT_EQ(monodr_box_overlaps(2, &repeated, 1, &one, &shared, nullptr, nullptr, 1),
            MONODR_BAD_SIZE);
  EXPECT_THAT(monodr_last_message(), testing::HasSubstr("footprint"));
  EXPECT_EQ(monodr_image_overlap(boxes, boxes, nullptr), MONODR_NULL_POINTER);
}

TEST(BoxOverlaps, NumbersThatAreNoneDoNoHarm) {
  const double values[] = {NAN, INFINITY, -INFINITY, 0, -1, 1e300, 1e-300, 1};
  Random random(3);
  for (int repetition = 0; repetition < 20000; ++repetition) {
    double a[7], b[7];
    for (int k = 0; k < 7; ++k) a[k] = values[random.below(8)], b[k] = values[random.below(8)];
    monodr_overlap overlap;
    ASSERT_EQ(monodr_box_overlap(a, b, &overlap), MONODR_OK);
    ASSERT_FALSE(overlap.volume > 1);
  }
}

}  // namespace
}  // namespace monodr
