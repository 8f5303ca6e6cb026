// SPDX-License-Identifier: Apache-2.0
#include "fitting/search.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>

#include <cmath>

#include "fitting/object_state.h"

namespace monodr {

at::Tensor with_jumps(const at::Tensor& state) {
  const double trade = std::log(1.08);
  at::Tensor branches = state.unsqueeze(1).repeat({1, kBranches, 1});
  const auto branch = [&](int which) { return branches.select(1, which); };
  const auto heading_of = [&](int which) { return branch(which).select(1, StateLayout::kHeading); };
  heading_of(1).add_(M_PI / 2);
  heading_of(2).sub_(M_PI / 2);
  heading_of(3).add_(M_PI);
  heading_of(4).neg_();
  // Log depth and the three log sizes stand side by side.
  branch(5).slice(1, StateLayout::kDepth, StateLayout::kHeading).sub_(trade);
  branch(6).slice(1, StateLayout::kDepth, StateLayout::kHeading).add_(trade);
  return branches.flatten(0, 1);
}

}  // namespace monodr
