// SPDX-License-Identifier: Apache-2.0
#include "fitting/gradient_estimator.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "fitting/box_prior.h"
#include "fitting/fit.h"
#include "fitting/observation_batch.h"
#include "geometry/overlap.h"
#include "plugin/registry.h"

namespace monodr {
namespace {

const StateLayout kLayout{2, 3};

/// A smooth loss of each row alone, different for each object.
ObjectiveValue smooth(const at::Tensor& state, const at::Tensor& rows) {
  const at::Tensor weights = at::arange(1, kLayout.columns() + 1, at::kFloat) / 6;
  ObjectiveValue value;
  const at::Tensor target = (rows.to(at::kFloat) * 0.1).unsqueeze(1);
  value.total = (((state - target) * weights).sin().square()).sum(1) +
                0.3 * (state.select(1, 0) * state.select(1, 6)).cos();
  return value;
}

at::Tensor some_states(int64_t rows) {
  return (at::arange(rows * kLayout.columns(), at::kFloat) * 0.37).sin().view({rows, -1}) * 0.6;
}

double cosine(const at::Tensor& a, const at::Tensor& b) {
  return ((a * b).sum() / (a.norm() * b.norm())).item<double>();
}

TEST(CentralDifferences, AgreeWithAutogradOnASmoothLoss) {
  const at::Tensor state = some_states(5);
  const LossCombination mean = [](const at::Tensor& losses) { return losses.mean(0, true); };
  const StateGradient exact = AutogradEstimator().estimate(state, smooth, mean);
  const StateGradient estimated = CentralDifferences(kLayout).estimate(state, smooth, mean);
  EXPECT_TRUE(exact.losses.equal(estimated.losses));
  for (int64_t row = 0; row < 5; ++row)
    EXPECT_GT(cosine(exact.gradient[row], estimated.gradient[row]), 0.98) << "row " << row;
  EXPECT_NEAR((exact.gradient.norm() / estimated.gradient.norm()).item<double>(), 1, 0.05);
}

TEST(CentralDifferences, ARuleThatLetsOneLearnGivesTheOthersNoGradient) {
  const LossCombination best = [](const at::Tensor& losses) {
    return std::get<0>(losses.view({1, -1}).min(1));
  };
  const StateGradient exact = AutogradEstimator().estimate(some_states(4), smooth, best);
  const StateGradient estimated =
      CentralDifferences(kLayout).estimate(some_states(4), smooth, best);
  const int64_t winner = exact.losses.argmin().item<int64_t>();
  for (int64_t row = 0; row < 4; ++row)
    EXPECT_EQ(estimated.gradient[row].ne(0).any().item<bool>(), row == winner);
  EXPECT_GT(cosine(exact.gradient[winner], estimated.gradient[winner]), 0.98);
}

TEST(CentralDifferences, NeedNoGradientOfTheObjective) {
  const StateObjective cut = [](const at::Tensor& state, const at::Tensor& rows) {
    return smooth(state.detach(), rows);
  };
  at::Tensor state = some_states(3);
  const CentralDifferences estimator(kLayout);
  const LossCombination sum = [](const at::Tensor& losses) { return losses; };
  const double before = cut(state, at::arange(3, at::kLong)).total.sum().item<double>();
  for (int step = 0; step < 60; ++step)
    state = state - 0.02 * estimator.estimate(state, cut, sum).gradient;
  EXPECT_LT(cut(state, at::arange(3, at::kLong)).total.sum().item<double>(), 0.5 * before);
}

/// BoxPrior with all its faces, so that there is something to see.
class SolidBoxPrior : public BoxPrior {
 public:
  DecodedShape decode(const at::Tensor& shape_code, const at::Tensor& texture_code) const override {
    DecodedShape shape = BoxPrior::decode(shape_code, texture_code);
    // Corner i lies at x > 0 where bit 0 of i is set, y for bit 1, z for bit 2.
    shape.faces =
        at::tensor(std::vector<int64_t>{0, 2, 3, 0, 3, 1, 4, 5, 7, 4, 7, 6, 0, 1, 5, 0, 5, 4,
                                        2, 6, 7, 2, 7, 3, 0, 4, 6, 0, 6, 2, 1, 3, 7, 1, 7, 5})
            .view({12, 3});
    return shape;
  }
};

/// A renderer that has no gradient.
class CutOff : public Renderer {
 public:
  explicit CutOff(std::shared_ptr<const Renderer> renderer) : renderer_(std::move(renderer)) {}
  Rendering render(const RenderInput& input, const RenderRequest& request) const override {
    const at::NoGradGuard no_gradient;
    return renderer_->render(input, request);
  }

 private:
  std::shared_ptr<const Renderer> renderer_;
};

class MeanOfAll : public Rule {
 public:
  at::Tensor combine(const RuleInput& input) const override { return input.losses.mean(1); }
  at::Tensor reported(const at::Tensor& losses) const override { return losses.argmin(1); }
};

/// A box on the road, seen as a mask and a depth map, and the objective that looks for it.
class ARendererWithoutGradient : public testing::Test {
 protected:
  ARendererWithoutGradient() {
    for (const char* loss : {"mask", "depth"}) losses_.push_back({loss, 1, make<Loss>(loss)});
    car_.location = {1.5, 1.65, 14};
    car_.height = 1.5;
    car_.width = 1.6;
    car_.length = 3.9;
    car_.rotation_y = 0.6;
    observe();
    settings_.size_mean = {1.5, 1.6, 3.9};
    settings_.size_deviation = {0.1, 0.1, 0.1};
    settings_.hypotheses = 4;
    settings_.iterations = 60;
    settings_.prune_steps = {20};
    settings_.prune_keep = {2};
    settings_.rates.size = 0;
  }

  template <typename Interface>
  std::shared_ptr<const Interface> make(const std::string& name) {
    if constexpr (std::is_same_v<Interface, Loss>)
      return registry_.make<Loss>(
          name, {registry_.find(PluginKind::loss, name).info.parameters, {}, name});
    else
      return registry_.make<Renderer>(
          name, {registry_.find(PluginKind::renderer, name).info.parameters, {}, name});
  }

  Objective objective(const std::shared_ptr<const Renderer>& renderer) const {
    return {std::make_shared<SolidBoxPrior>(), renderer, losses_};
  }

  /// Draws the car where it is.
  void observe() {
    constexpr int kSize = 32;
    o_.camera = {{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
    o_.box = {1e9, 1e9, -1e9, -1e9};
    for (const Eigen::Vector3d& corner : car_.corners()) {
      const Eigen::Vector2d pixel = o_.camera.project(corner);
      o_.box = {std::min(o_.box.left, pixel.x()),
                std::min(o_.box.top, pixel.y()),
                std::max(o_.box.right, pixel.x()),
                std::max(o_.box.bottom, pixel.y())};
    }
    o_.crop = crop_around(o_.box, 1.3, kSize);
    o_.image.assign(3 * kSize * kSize, 0.4F);
    o_.known.assign(kSize * kSize, 1);
    o_.mask.assign(kSize * kSize, 0);
    o_.depth.assign(kSize * kSize, 0);
    const ObservationBatch batch = make_observation_batch({o_}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
    const SolidBoxPrior prior;
    HypothesisBatch truth;
    truth.location = at::tensor({1.5F, 1.65F, 14.0F}).view({1, 3});
    truth.dimensions = at::tensor({1.5F, 1.6F, 3.9F}).view({1, 3});
    truth.rotation_y = at::full({1}, 0.6F);
    truth.pitch = truth.roll = at::zeros({1});
    const DecodedShape shape = prior.decode(at::zeros({1, 2}), at::zeros({1, 3}));
    RenderRequest request;
    request.channels = {true, true, false};
    request.height = request.width = kSize;
    const Rendering seen = renderer_->render(
        {pose_vertices(shape.vertices, truth), shape.faces, shape.colours, batch.intrinsics},
        request);
    const at::Tensor mask = (seen.silhouette > 0.5).to(at::kFloat).contiguous();
    const at::Tensor depth = (seen.depth * mask).contiguous();
    std::copy_n(mask.data_ptr<float>(), mask.numel(), o_.mask.begin());
    std::copy_n(depth.data_ptr<float>(), depth.numel(), o_.depth.begin());
  }

  FittedObject fit(const Objective& goal, GradientKind gradient) {
    settings_.gradient = gradient;
    return fit_objects({o_}, goal, MeanOfAll(), settings_, HeadingInitialiser()).objects.front();
  }

  Registry registry_{{std::string(std::getenv("MONODR_BINARY_DIR")) + "/plugins"}};
  std::shared_ptr<const Renderer> renderer_ = make<Renderer>("soft_rasterizer");
  std::vector<WeightedLoss> losses_;
  Box3d car_;
  Observation o_;
  FitSettings settings_;
};

TEST_F(ARendererWithoutGradient, IsFittedByCentralDifferences) {
  const Objective goal = objective(std::make_shared<CutOff>(renderer_));
  const FittedObject found = fit(goal, GradientKind::central_differences);
  ASSERT_EQ(found.failure, "");
  EXPECT_GT(bev_overlap(found.box, car_), 0.7);
  // A box has no front: half a turn is as good.
  EXPECT_GT(std::abs(std::cos(found.box.rotation_y - car_.rotation_y)), std::cos(M_PI / 18));
  ASSERT_TRUE(found.agreement.has_value());
  EXPECT_GE(*found.agreement, 0.5);
  // As good as the true gradient makes it.
  const FittedObject exact = fit(objective(renderer_), GradientKind::autograd);
  EXPECT_NEAR(found.loss, exact.loss, 0.05);
}

TEST_F(ARendererWithoutGradient, IsRefusedByAutogradWithTheRemedy) {
  const Objective goal = objective(std::make_shared<CutOff>(renderer_));
  try {
    fit(goal, GradientKind::autograd);
    FAIL() << "nothing to descend on passed for a fit";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find("fit.gradient = \"central_differences\""),
              std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace monodr
