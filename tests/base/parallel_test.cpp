// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.h"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <string>

namespace monodr {
namespace {

TEST(ParallelFor, VisitsEveryIndexOnceWhateverTheThreads) {
  for (int threads : {0, 1, 2, 7}) {
    std::vector<int> visits(1000);
    parallel_for(visits.size(), threads, [&](size_t i) { ++visits[i]; });
    EXPECT_EQ(visits, std::vector<int>(1000, 1)) << threads << " threads";
  }
  parallel_for(0, 4, [](size_t) { FAIL() << "nothing to do"; });
}

TEST(ParallelFor, ThrowsTheFirstFaultInOrder) {
  for (int repeat = 0; repeat < 50; ++repeat) {
    try {
      parallel_for(500, 4, [](size_t i) {
        if (i >= 37) throw std::runtime_error(std::to_string(i));
      });
      FAIL() << "no exception";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "37");
    }
  }
}

}  // namespace
}  // namespace monodr
