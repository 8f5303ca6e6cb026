// SPDX-License-Identifier: Apache-2.0
#include "fitting/search.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fitting/object_state.h"

namespace monodr {
namespace {

TEST(Search, BranchesAreTheStateAndItsJumps) {
  const at::Tensor state = at::rand({2, 14});
  const at::Tensor branches = with_jumps(state).view({2, kBranches, 14});
  for (int n = 0; n < 2; ++n) {
    EXPECT_TRUE(at::equal(branches[n][0], state[n]));
    const double heading = state[n][StateLayout::kHeading].item<double>();
    const double expected[] = {
        heading, heading + M_PI / 2, heading - M_PI / 2, heading + M_PI, -heading};
    for (int b = 1; b < 5; ++b) {
      at::Tensor turned = state[n].clone();
      turned[StateLayout::kHeading] = expected[b];
      EXPECT_TRUE(at::allclose(branches[n][b], turned)) << b;
    }
    // A car and its range scaled alike look alike.
    for (const int b : {5, 6}) {
      const at::Tensor change = branches[n][b] - state[n];
      for (int column = 0; column < 14; ++column) {
        const bool scaled = column >= StateLayout::kDepth && column < StateLayout::kHeading;
        const double step = std::log(1.08) * (b == 5 ? -1 : 1);
        EXPECT_NEAR(change[column].item<double>(), scaled ? step : 0, 1e-6) << column;
      }
    }
  }
}

}  // namespace
}  // namespace monodr
