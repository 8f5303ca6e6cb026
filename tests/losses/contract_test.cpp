// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract.h"

#include <gtest/gtest.h>

#include "losses/scene.h"

namespace monodr {
namespace {

class LossContract : public testing::TestWithParam<const char*> {};

TEST_P(LossContract, IsKept) {
  const ContractReport report = check_loss_contract(test::registry(), GetParam());
  EXPECT_TRUE(report.passed()) << report.to_text();
}

INSTANTIATE_TEST_SUITE_P(All,
                         LossContract,
                         testing::Values("mask",
                                         "photometric",
                                         "depth",
                                         "bbox",
                                         "size",
                                         "chamfer",
                                         "corners",
                                         "nocs",
                                         "ground_plane",
                                         "code_prior",
                                         "ray_consistency",
                                         "volumetric_silhouette"),
                         [](const auto& info) { return std::string(info.param); });

class RuleContract : public testing::TestWithParam<const char*> {};

TEST_P(RuleContract, IsKept) {
  const ContractReport report = check_rule_contract(test::registry(), GetParam());
  EXPECT_TRUE(report.passed()) << report.to_text();
}

INSTANTIATE_TEST_SUITE_P(All,
                         RuleContract,
                         testing::Values("mean", "hindsight", "soft_hindsight", "top_k"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace monodr
