// SPDX-License-Identifier: Apache-2.0
// What the renderers of surfels promise beyond the contract of every renderer.
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include "plugin/contract.h"
#include "plugin/surfels.h"
#include "renderers/scenes.h"

namespace monodr::test {
namespace {

constexpr int kSize = 64;

/// Ellipsoids with surfels on them, float32.
RenderInput with_surfels(int64_t points) {
  RenderInput input = ellipsoids(3, 3, kSize);
  for (at::Tensor* tensor : {&input.vertices, &input.colours, &input.intrinsics})
    *tensor = tensor->to(at::kFloat);
  const SurfelSampling sampling =
      sample_surface(input.vertices.narrow(0, 0, 1), input.faces, points);
  input.surfels = surfels_of(sampling, input.vertices, input.faces, input.colours);
  return input;
}

Rendering drawn(const Renderer& renderer, const RenderInput& input, double progress = 1) {
  return renderer.render(input, {{true, true, true}, kSize, kSize, progress});
}

double share(const at::Tensor& of) {
  return of.to(at::kFloat).mean().item<double>();
}

class Splats : public testing::TestWithParam<std::string> {};

TEST_P(Splats, KeepTheContract) {
  const ContractReport report = check_renderer_contract(renderer_registry(), GetParam());
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST_P(Splats, ShowWhatTheMeshShows) {
  const RenderInput input = with_surfels(1024);
  const Rendering mesh =
      drawn(*make_renderer("soft_rasterizer", {{"sigma", 0.01}, {"sigma_start", 0.01}}), input);
  const Rendering points = drawn(*make_renderer(GetParam()), input);
  const at::Tensor inside = mesh.silhouette > 0.5, covered = points.silhouette > 0.5;
  const double overlap = share(inside.logical_and(covered)) / share(inside.logical_or(covered));
  // A round spot reaches over the border by its own size, a disc seen from its edge does not.
  const bool discs = GetParam() == "sdf_discs";
  EXPECT_GT(overlap, discs ? 0.9 : 0.8);
  const at::Tensor both = inside.logical_and(covered);
  const at::Tensor off = ((points.depth - mesh.depth).abs() * both).sum() / both.sum();
  EXPECT_LT(off.item<double>(), discs ? 0.05 : 0.25) << "metres";
}

TEST_P(Splats, ASilhouettePullsThePointsTowardsAMask) {
  RenderInput input = with_surfels(512);
  const auto renderer = make_renderer(GetParam());
  const at::Tensor mask = drawn(*renderer, input).silhouette.detach();
  const at::Tensor shift = at::zeros({3, 1, 3}).requires_grad_(true);
  RenderInput moved = input;
  moved.surfels.positions = input.surfels.positions + at::tensor({0.15F, 0.0F, 0.0F}) + shift;
  const at::Tensor loss = (drawn(*renderer, moved).silhouette - mask).square().sum();
  loss.backward();
  EXPECT_TRUE(shift.grad().select(2, 0).gt(0).all().item<bool>()) << shift.grad();
}

INSTANTIATE_TEST_SUITE_P(All,
                         Splats,
                         testing::Values("sdf_discs", "point_cloud"),
                         [](const auto& info) { return info.param; });

TEST(SdfDiscs, AsPublishedTheSilhouetteHasNoGradientAndDepthHasOne) {
  RenderInput input = with_surfels(512);
  const auto renderer = make_renderer("sdf_discs", {{"coverage_gradient", false}});
  const auto gradient = [&](const auto& loss_of) {
    RenderInput leaf = input;
    leaf.surfels.positions = input.surfels.positions.detach().clone().requires_grad_(true);
    loss_of(drawn(*renderer, leaf)).backward();
    return leaf.surfels.positions.grad().abs().sum().template item<double>();
  };
  EXPECT_EQ(gradient([](const Rendering& r) { return r.silhouette.sum(); }), 0);
  EXPECT_GT(gradient([](const Rendering& r) { return r.depth.sum(); }), 0);
}

TEST(PointCloud, IsBlurredAtTheStartOfAFit) {
  const RenderInput input = with_surfels(1024);
  const auto renderer = make_renderer("point_cloud", {{"blur_start", 3.0}});
  const at::Tensor first = drawn(*renderer, input, 0).silhouette;
  const at::Tensor last = drawn(*renderer, input, 1).silhouette;
  EXPECT_GT(share(first.gt(0.01)), 1.15 * share(last.gt(0.01)));
  EXPECT_TRUE(first.ge(last - 1e-3).all().item<bool>()) << "nothing is lost by it";
}

}  // namespace
}  // namespace monodr::test
