// SPDX-License-Identifier: Apache-2.0
// What an objective draws: meshes, points of meshes, surfels of a prior that knows nothing else; and the channels that a
// loss asks for beside colour.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "fitting/box_prior.h"
#include "fitting/fitted_object.h"
#include "fitting/objective.h"
#include "fitting/observation_batch.h"
#include "plugin/disc_renderer.h"
#include "plugin/registry.h"

namespace monodr {
namespace {

constexpr int kSize = 24;

/// The box as surfels alone.
class PointsPrior : public SolidBoxPrior {
 public:
  GeometryKinds decodes_to() const override { return {false, true}; }
  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    const DecodedShape box = SolidBoxPrior::decode(shape_code, texture_code);
    DecodedShape points;
    points.surfels = surfels_of(sample_surface(box.vertices.narrow(0, 0, 1), box.faces, 1200),
                                box.vertices,
                                box.faces,
                                box.colours);
    return points;
  }
};

/// How far the surface that is seen is from the one that `target` shows: in outline, coordinates and normals.
class SurfaceLoss : public Loss {
 public:
  Channels needs() const override {
    return {.silhouette = true, .attributes = {"nocs", "normals"}};
  }
  at::Tensor evaluate(const LossInput& input) const override {
    const Rendering& seen = input.rendering;
    if (!target.silhouette.defined()) return at::zeros({seen.silhouette.size(0)});
    at::Tensor loss = (seen.silhouette - target.silhouette).square().mean({1, 2});
    for (const char* name : {"nocs", "normals"})
      loss =
          loss + (seen.attributes.at(name) - target.attributes.at(name)).square().mean({1, 2, 3});
    return loss;
  }
  Rendering target;
};

std::shared_ptr<const ShapePrior> make_prior(const std::string& kind) {
  if (kind == "points") return std::make_shared<PointsPrior>();
  return std::make_shared<SolidBoxPrior>();
}

std::shared_ptr<const Renderer> make_renderer(const std::string& kind) {
  if (kind == "discs") return std::make_shared<DiscRenderer>();
  Registry registry({std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"});
  return registry.make<Renderer>(
      kind, Parameters(registry.find(PluginKind::renderer, kind).info.parameters));
}

Observation observation() {
  Observation o;
  o.box = {500, 150, 620, 230};
  o.camera = {{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
  o.crop = crop_around(o.box, 1.3, kSize);
  o.image.assign(3 * kSize * kSize, 0.4F);
  o.mask = o.known = std::vector<float>(kSize * kSize, 1);
  o.depth.assign(kSize * kSize, 0);
  return o;
}

struct Pair {
  std::string prior, renderer;
};

class Surfaces : public testing::TestWithParam<Pair> {
 protected:
  std::shared_ptr<SurfaceLoss> loss = std::make_shared<SurfaceLoss>();
  Objective objective{
      make_prior(GetParam().prior), make_renderer(GetParam().renderer), {{"surface", 1, loss}}};
  ObservationBatch batch =
      make_observation_batch({observation()}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});

  ObjectiveValue evaluate(const at::Tensor& state) const {
    return objective.evaluate(state,
                              at::zeros({state.size(0)}, at::kLong),
                              state.slice(1, objective.layout().texture()),
                              batch,
                              1);
  }
  at::Tensor state(float sideways, float heading) const {
    at::Tensor state = at::zeros({1, objective.layout().columns()});
    state.select(1, StateLayout::kPosition).fill_(sideways);
    state.select(1, StateLayout::kDepth).fill_(std::log(20.0));
    state.select(1, StateLayout::kHeading).fill_(heading);
    return state;
  }
};

TEST_P(Surfaces, AreFittedByALossOfChannels) {
  loss->target = evaluate(state(0, 0.7F)).rendering;
  at::Tensor s = state(0.15F, 0.45F);
  const double before = evaluate(s).total.item<double>();
  // Few hard discs make a rough valley, in which a fixed step jumps about: the best place of the way counts.
  double least = before;
  at::Tensor best = s;
  at::Tensor moment = at::zeros_like(s), square = at::zeros_like(s);
  for (int step = 1; step <= 60; ++step) {
    at::Tensor leaf = s.clone().requires_grad_(true);
    const at::Tensor total = evaluate(leaf).total.sum();
    total.backward();
    if (total.item<double>() < least) {
      least = total.item<double>();
      best = s;
    }
    moment = 0.8 * moment + 0.2 * leaf.grad();
    square = 0.95 * square + 0.05 * leaf.grad().square();
    at::Tensor move = 0.02 * moment / (1 - std::pow(0.8, step)) /
                      ((square / (1 - std::pow(0.95, step))).sqrt() + 1e-8);
    move.narrow(1, StateLayout::kSize, 3).zero_();
    s = s - move;
  }
  EXPECT_LT(least, 0.3 * before);
  EXPECT_NEAR(best[0][StateLayout::kHeading].item<double>(), 0.7, 0.1);
}

// A result belongs to the object alone, whatever stands beside it.
TEST_P(Surfaces, AreTheSameBesideOthers) {
  loss->target = evaluate(state(0, 0.7F)).rendering;
  const at::Tensor one = state(0.1F, 0.5F), other = state(-0.1F, 2);
  const ObjectiveValue together = evaluate(at::cat({other, one}));
  const ObjectiveValue alone = evaluate(one);
  EXPECT_TRUE(
      together.rendering.attributes.at("nocs")[1].equal(alone.rendering.attributes.at("nocs")[0]));
}

TEST_P(Surfaces, HaveAShapeToShow) {
  const FittedObject fitted = fitted_object(observation(), evaluate(state(0, 0.7F)), 0);
  EXPECT_FALSE(fitted.mesh.vertices.empty());
  EXPECT_EQ(fitted.mesh.faces.empty(), GetParam().prior == "points");
}

INSTANTIATE_TEST_SUITE_P(All,
                         Surfaces,
                         testing::Values(Pair{"mesh", "soft_rasterizer"},
                                         Pair{"mesh", "discs"},
                                         Pair{"points", "discs"}),
                         [](const auto& info) {
                           return info.param.prior + "_by_" + info.param.renderer;
                         });

std::string refusal(const std::string& prior,
                    const std::string& renderer,
                    const std::vector<WeightedLoss>& losses) {
  try {
    check_parts_fit("my_" + prior, *make_prior(prior), renderer, *make_renderer(renderer), losses);
  } catch (const UserError& error) {
    return error.what();
  }
  return "";
}

class LossOfAChannelThatIsNot : public SurfaceLoss {
  Channels needs() const override { return {.attributes = {"nromals"}}; }
};

TEST(Parts, ThatDoNotFitAreRefusedByName) {
  EXPECT_EQ(refusal("mesh", "discs", {}), "");
  EXPECT_EQ(refusal("mesh", "soft_rasterizer", {{"a", 1, std::make_shared<SurfaceLoss>()}}), "");
  EXPECT_THAT(refusal("points", "soft_rasterizer", {}),
              testing::HasSubstr("the shape prior 'my_points' decodes to surfels, but the renderer "
                                 "'soft_rasterizer' draws meshes"));
  EXPECT_THAT(refusal("mesh", "discs", {{"mine", 1, std::make_shared<LossOfAChannelThatIsNot>()}}),
              testing::AllOf(testing::HasSubstr("the loss 'mine'"),
                             testing::HasSubstr("did you mean 'normals'")));
}

}  // namespace
}  // namespace monodr
