// SPDX-License-Identifier: Apache-2.0
#include "fitting/landscape.h"

#include <gtest/gtest.h>

#include <cmath>

#include "fitting/box_prior.h"
#include "fitting/observation_batch.h"

namespace monodr {
namespace {

class BlankRenderer : public Renderer {
 public:
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    const at::Tensor blank = at::zeros({input.vertices.size(0), request.height, request.width});
    return {blank, blank, at::Tensor()};
  }
};

/// 1 - cos(2 alpha - phase of the object) + (log z - log z of the object - 0.1 cos(alpha))^2:
/// valleys half a turn apart, and a depth that depends on the heading.
class ValleyLoss : public Loss {
 public:
  Channels needs() const override { return {}; }
  at::Tensor evaluate(const LossInput& input) const override {
    const HypothesisBatch& h = input.hypothesis;
    const at::Tensor x = h.location.select(1, 0), z = h.location.select(1, 2);
    const at::Tensor alpha = h.rotation_y - at::atan2(x, z);
    const at::Tensor phase = h.object.to(at::kFloat);
    return 1 - (2 * alpha - phase).cos() + (z.log() - std::log(20.0) - 0.1 * alpha.cos()).square();
  }
};

ObservationBatch batch_of_two() {
  Observation o;
  o.box = {500, 150, 620, 230};
  o.camera = {{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
  o.crop = crop_around(o.box, 1.3, 8);
  o.image.assign(3 * 64, 0.4F);
  o.mask = o.known = std::vector<float>(64, 1);
  o.depth.assign(64, 0);
  return make_observation_batch({o, o}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
}

std::vector<HeadingLandscape> landscapes(int steps) {
  const Objective objective(std::make_shared<BoxPrior>(),
                            std::make_shared<BlankRenderer>(),
                            {{"valley", 1, std::make_shared<ValleyLoss>()}});
  const ObservationBatch batch = batch_of_two();
  at::Tensor state = at::zeros({2, objective.layout().columns()});
  state.select(1, StateLayout::kDepth).fill_(std::log(20.0));
  LandscapeSettings settings;
  settings.headings = 36;
  settings.steps = steps;
  return loss_over_heading(
      objective, batch, state, state.slice(1, objective.layout().texture()), settings);
}

TEST(Landscape, ACutIsTheLossAtEveryHeading) {
  const auto both = landscapes(0);
  ASSERT_EQ(both.size(), 2u);
  for (int object = 0; object < 2; ++object)
    for (size_t i = 0; i < 36; ++i) {
      const double alpha = both[object].heading[i];
      EXPECT_NEAR(alpha, -M_PI + M_PI * static_cast<double>(i) / 18, 1e-9);
      const double expected = 1 - std::cos(2 * alpha - object) + std::pow(0.1 * std::cos(alpha), 2);
      EXPECT_NEAR(both[object].loss[i], expected, 1e-5);
    }
}

TEST(Landscape, WhatFollowsTheHeadingLeavesOnlyItsOwnLoss) {
  const auto both = landscapes(60);
  for (int object = 0; object < 2; ++object)
    for (size_t i = 0; i < 36; ++i)
      EXPECT_NEAR(both[object].loss[i], 1 - std::cos(2 * both[object].heading[i] - object), 1e-3);
}

TEST(Landscape, ValleysAreFoundOnTheCircle) {
  std::vector<double> circle;
  for (int i = 0; i < 72; ++i) circle.push_back(-std::cos(2 * M_PI * (i - 70) / 36));
  EXPECT_EQ(local_minima(circle), (std::vector<size_t>{34, 70}));
  circle[10] -= 0.01;  // a ripple on the slope
  circle[12] -= 0.3;
  EXPECT_GT(local_minima(circle).size(), 2u);
  EXPECT_EQ(local_minima(circle, 0.2), (std::vector<size_t>{34, 70}));
  EXPECT_TRUE(local_minima(std::vector<double>(10, 1.0)).empty());
  EXPECT_TRUE(local_minima({}).empty());
  EXPECT_EQ(local_minima({1, 0, 0, 0, 1, 2}), (std::vector<size_t>{1})) << "a flat floor is one";
}

}  // namespace
}  // namespace monodr
