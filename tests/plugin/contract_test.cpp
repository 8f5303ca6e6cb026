// SPDX-License-Identifier: Apache-2.0
#include "plugin/contract.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "plugin/channels.h"
#include "plugin/contract_meshes.h"
#include "plugin/contract_tools.h"

namespace monodr {
namespace {

Registry& faulty() {
  static Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/faulty_plugins"});
  return registry;
}

/// The checks that failed and what they found, one a line.
std::string failures(const ContractReport& report) {
  std::string names;
  for (const ContractCheck& check : report.checks)
    if (!check.passed) names += check.name + ": " + check.detail + "\n";
  return names;
}

TEST(Contract, ALossWithoutFaultPasses) {
  const ContractReport report = check_contract(faulty(), PluginKind::loss, "none");
  EXPECT_TRUE(report.passed()) << report.to_text();
  EXPECT_NE(report.to_text().find("ok    a batch equals its items"), std::string::npos);
}

struct Fault {
  const char* plugin;
  const char* found_by;  ///< part of a failed check's name
};

class LossFault : public testing::TestWithParam<Fault> {};

TEST_P(LossFault, IsFound) {
  const ContractReport report = check_loss_contract(faulty(), GetParam().plugin);
  EXPECT_FALSE(report.passed());
  EXPECT_NE(failures(report).find(GetParam().found_by), std::string::npos) << report.to_text();
}

INSTANTIATE_TEST_SUITE_P(All,
                         LossFault,
                         testing::Values(Fault{"wrong_gradient", "gradient against differences"},
                                         Fault{"no_gradient", "gradient against differences"},
                                         Fault{"couples_items", "a batch equals its items"},
                                         Fault{"nan_when_empty", "finite with an empty mask"},
                                         Fault{"nan_gradient_when_equal",
                                               "finite with a rendering that equals"},
                                         Fault{"changes_dtype", "dtype and finite, float32"},
                                         Fault{"one_number", "shape, dtype and finite"},
                                         Fault{"never_the_same", "the same bits twice"},
                                         Fault{"throws", "shape, dtype and finite"},
                                         Fault{"unasked_channel", "shape, dtype and finite"},
                                         Fault{"default_out_of_range", "schema"},
                                         Fault{"channel_that_is_not", "shape, dtype and finite"},
                                         Fault{"half_a_gradient", "gradient against differences"},
                                         Fault{"unasked_attribute", "shape, dtype and finite"}),
                         [](const auto& info) { return std::string(info.param.plugin); });

TEST(Contract, ALossOfChannelsBeyondColourAndOfOneItBringsPasses) {
  const ContractReport report = check_loss_contract(faulty(), "channels");
  EXPECT_TRUE(report.passed()) << report.to_text();
  EXPECT_EQ(channel_named("range_of_channels").components, 1);
}

TEST(Contract, AMissingChannelIsNamedInTheReport) {
  const ContractReport report = check_loss_contract(faulty(), "channel_that_is_not");
  EXPECT_NE(report.to_text().find("there is no channel 'nosc' of attributes; did you mean 'nocs'?"),
            std::string::npos)
      << report.to_text();
}

TEST(Contract, ARendererOfDiscsPasses) {
  const ContractReport report = check_renderer_contract(faulty(), "discs");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(Contract, ARendererWithoutFaultPasses) {
  const ContractReport report = check_contract(faulty(), PluginKind::renderer, "none");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

class RendererFault : public testing::TestWithParam<Fault> {};

TEST_P(RendererFault, IsFound) {
  const ContractReport report = check_renderer_contract(faulty(), GetParam().plugin);
  EXPECT_FALSE(report.passed());
  EXPECT_NE(failures(report).find(GetParam().found_by), std::string::npos) << report.to_text();
}

INSTANTIATE_TEST_SUITE_P(
    All,
    RendererFault,
    testing::Values(Fault{"wrong_gradient", "gradient of silhouette in vertices"},
                    Fault{"shows_behind", "a mesh behind the camera does not show"},
                    Fault{"takes_nan", "NaN and infinite vertices are refused"},
                    Fault{"names_no_item", "NaN and infinite vertices are refused"},
                    Fault{"blind_to_intrinsics", "gradient of depth in intrinsics"},
                    Fault{"couples_items", "a batch equals its items"},
                    Fault{"unasked_channel", "channels only as asked for"},
                    Fault{"changes_dtype", "shapes, dtype and range, float64"},
                    Fault{"reads_memory", "transposed and expanded tensors"},
                    Fault{"square_pictures", "oblong pictures"},
                    Fault{"lights_channels", "but the surface point seen there has ("},
                    Fault{"turns_normals", "that is seen: nocs goes from "},
                    Fault{"forgets_its_channel", "shapes, dtype and range, float32"}),
    [](const auto& info) { return std::string(info.param.plugin); });

TEST(Contract, AShapePriorOfSurfelsAlonePasses) {
  const ContractReport report = check_shape_prior_contract(faulty(), "points");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

class ShapePriorFault : public testing::TestWithParam<Fault> {};

TEST_P(ShapePriorFault, IsFound) {
  const ContractReport report = check_shape_prior_contract(faulty(), GetParam().plugin);
  EXPECT_NE(failures(report).find(GetParam().found_by), std::string::npos) << report.to_text();
}

INSTANTIATE_TEST_SUITE_P(All,
                         ShapePriorFault,
                         testing::Values(Fault{"says_meshes",
                                               "decodes_to() says meshes, but vertices"},
                                         Fault{"too_large", "outside of the canonical box"},
                                         Fault{"negative_radius", "radius is negative"},
                                         Fault{"long_normals", "has a length that is 1 off 1"}),
                         [](const auto& info) { return std::string(info.param.plugin); });

class RuleFault : public testing::TestWithParam<Fault> {};

TEST_P(RuleFault, IsFound) {
  const ContractReport report = check_rule_contract(faulty(), GetParam().plugin);
  EXPECT_NE(failures(report).find(GetParam().found_by), std::string::npos) << report.to_text();
}

INSTANTIATE_TEST_SUITE_P(All,
                         RuleFault,
                         testing::Values(Fault{"nobody_learns", "each object learns"},
                                         Fault{"spoilt_by_absent", "a pruned hypothesis"},
                                         Fault{"reports_nobody", "shapes and dtype"}),
                         [](const auto& info) { return std::string(info.param.plugin); });

TEST(GradientError, AcceptsADerivativeAndNamesTheInputOfAWrongOne) {
  const std::vector<NamedTensor> inputs = {{"a", uniform_numbers({4, 3}, 0.5, 1, 1)},
                                           {"b", uniform_numbers({4, 3}, 0.5, 1, 2)}};
  const auto product = [](const std::vector<at::Tensor>& in) {
    return (in[0] * in[1].exp()).sum(1);
  };
  EXPECT_EQ(gradient_error(product, inputs, {}), "");
  const auto wrong = [](const std::vector<at::Tensor>& in) {
    return (in[0] * (in[1] + 0.01 * (in[1] - in[1].detach())).exp()).sum(1);
  };
  EXPECT_EQ(gradient_error(wrong, inputs, {}).substr(0, 2), "b:");
}

TEST(GradientError, LeavesOutWhatJumpsOnlyAsFarAsAllowed) {
  const std::vector<NamedTensor> inputs = {{"x", uniform_numbers({50}, 0.5, 1, 3)}};
  const at::Tensor edge = inputs[0].value.clone();  // every entry lies on its step
  const auto steps = [&](const std::vector<at::Tensor>& in) {
    const at::Tensor jump = (in[0].narrow(0, 0, 5) > edge.narrow(0, 0, 5)).to(at::kDouble);
    return at::cat({in[0].narrow(0, 0, 5) + jump, in[0].narrow(0, 5, 45)});
  };
  EXPECT_NE(gradient_error(steps, inputs, {}), "");
  GradientTolerance tolerance;
  tolerance.largest_share_left_out = 0.1;
  EXPECT_EQ(gradient_error(steps, inputs, tolerance), "");
}

TEST(Superellipsoid, IsClosedCanonicalAndTurnedOutward) {
  for (const double roundness : {0.3, 0.6, 1.0}) {
    const Mesh mesh = superellipsoid(roundness, 0.4, 8, 12);
    EXPECT_TRUE(is_watertight(mesh));
    EXPECT_GT(signed_volume(mesh), 0);
    const MeshBounds box = bounds(mesh);
    EXPECT_TRUE(box.low.isApprox(Eigen::Vector3f::Constant(-0.5f), 1e-5f));
    EXPECT_TRUE(box.high.isApprox(Eigen::Vector3f::Constant(0.5f), 1e-5f));
  }
}

}  // namespace
}  // namespace monodr
