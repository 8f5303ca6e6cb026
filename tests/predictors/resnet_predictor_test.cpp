// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"
#include "plugin/contract.h"
#include "plugin/predictor.h"

namespace monodr {
namespace {

Registry plugins() {
  return Registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
}

Parameters with(Registry& registry, const std::map<std::string, GivenValue>& given) {
  return Parameters(registry.find(PluginKind::predictor, "resnet_predictor").info.parameters,
                    given,
                    "predictor.resnet_predictor");
}

int64_t weights_of(Registry& registry, const std::string& size) {
  const auto predictor =
      registry.make<Predictor>("resnet_predictor", with(registry, {{"size", {size, {}, {}}}}));
  predictor->begin({4, 8, 8}, 1);
  int64_t count = 0;
  for (const auto& [name, tensor] : predictor->weights()) count += tensor.numel();
  return count;
}

TEST(ResnetPredictor, KeepsTheContract) {
  Registry registry = plugins();
  const ContractReport report = check_predictor_contract(registry, "resnet_predictor");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(ResnetPredictor, KeepsTheContractWithObjectCoordinates) {
  Registry registry = plugins();
  const ContractReport report =
      check_predictor_contract(registry, "resnet_predictor", {{"coordinates", {true, {}, {}}}});
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(ResnetPredictor, KeepsTheContractWhereItFacesTheCrop) {
  Registry registry = plugins();
  const ContractReport report =
      check_predictor_contract(registry, "resnet_predictor", {{"facing", {true, {}, {}}}});
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(ResnetPredictor, RefusesToSayCoordinatesOfAnotherView) {
  Registry registry = plugins();
  EXPECT_THROW(registry.make<Predictor>(
                   "resnet_predictor",
                   with(registry, {{"facing", {true, {}, {}}}, {"coordinates", {true, {}, {}}}})),
               UserError);
}

TEST(ResnetPredictor, HasTheSizesThatItSays) {
  Registry registry = plugins();
  EXPECT_NEAR(static_cast<double>(weights_of(registry, "small")), 1.4e6, 0.1e6);
  EXPECT_NEAR(static_cast<double>(weights_of(registry, "resnet18")), 13.4e6, 0.8e6);
}

TEST(ResnetPredictor, RefusesAnOddNumberOfBins) {
  Registry registry = plugins();
  EXPECT_THROW(
      registry.make<Predictor>("resnet_predictor",
                               with(registry, {{"heading_bins", {std::int64_t{25}, {}, {}}}})),
      UserError);
}

ObservationBatch one_crop() {
  ObservationBatch batch;
  batch.image = at::rand({1, 3, 32, 32});
  batch.mask = batch.known = batch.depth = at::ones({1, 32, 32});
  batch.box = at::tensor({4.F, 4.F, 28.F, 28.F}).view({1, 4});
  batch.intrinsics = at::tensor({90.F, 0.F, 16.F, 0.F, 90.F, 16.F, 0.F, 0.F, 1.F}).view({1, 3, 3});
  batch.size_mean = at::tensor({1.5F, 1.6F, 3.9F}).view({1, 3});
  return batch;
}

TEST(ResnetPredictor, HeadsBeginAroundTheCircle) {
  Registry registry = plugins();
  const auto predictor = registry.make<Predictor>("resnet_predictor", with(registry, {}));
  predictor->begin({4, 2, 4}, 3);
  for (const auto& [name, tensor] : predictor->weights())
    if (name == "heads_weight") tensor.zero_();
  const ObservationBatch batch = one_crop();
  const at::Tensor headings =
      predictor->predict(batch).state[0].select(1, PredictorLayout::kHeading).detach();
  for (int64_t k = 0; k < 4; ++k)
    EXPECT_NEAR(std::cos(headings[k].item<double>() - heading_of_bin(k, 4)), 1, 1e-6);
}

/// Whatever the weights, and no part of the circle is without a head.
TEST(ResnetPredictor, HeadsKeepToTheirSectors) {
  Registry registry = plugins();
  const auto predictor =
      registry.make<Predictor>("resnet_predictor", with(registry, {{"sectors", {true, {}, {}}}}));
  predictor->begin({8, 2, 4}, 3);
  for (const auto& [name, tensor] : predictor->weights())
    if (name == "heads_weight") tensor.mul_(1000);
  const at::Tensor headings =
      predictor->predict(one_crop()).state[0].select(1, PredictorLayout::kHeading).detach();
  bool leaves_its_half = false;
  for (int64_t k = 0; k < 8; ++k) {
    const double turned = std::abs(headings[k].item<double>() - heading_of_bin(k, 8));
    EXPECT_LE(turned, 1.5 * M_PI / 8 + 1e-6) << k;
    leaves_its_half = leaves_its_half || turned > M_PI / 8;
  }
  EXPECT_TRUE(leaves_its_half) << "neighbours overlap";
}

}  // namespace
}  // namespace monodr
