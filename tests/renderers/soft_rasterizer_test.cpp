// SPDX-License-Identifier: Apache-2.0
// What soft_rasterizer promises beyond the contract of every renderer.
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/memory.h"
#include "plugin/contract.h"
#include "renderers/scenes.h"

namespace monodr::test {
namespace {

using Given = std::map<std::string, ParameterValue>;

constexpr Channels kAll{true, true, true};

Given with(const std::string& blend, Given more = {}) {
  more.insert({{"sigma", 0.4},
               {"sigma_start", 0.4},
               {"gamma", 1e-2},
               {"gamma_start", 1e-2},
               {"near", 1.0},
               {"far", 20.0},
               {"blend", blend},
               {"cull_backfaces", false}});
  return more;
}

/// One triangle per three rows of `points`, white, before a camera of `size` pixels.
RenderInput triangles(const std::vector<double>& points, int size) {
  RenderInput input;
  input.vertices = at::tensor(points, at::kDouble).reshape({1, -1, 3});
  input.faces = at::arange(input.vertices.size(1), at::kLong).reshape({-1, 3});
  input.colours = at::ones_like(input.vertices);
  input.intrinsics = square_intrinsics(1, size, size);
  return input;
}

double number(const at::Tensor& tensor) {
  return tensor.item().toDouble();
}

/// Sum of all images, each weighted at random but alike for the same size.
at::Tensor score(const Renderer& renderer, const RenderInput& input, int height, int width) {
  const Rendering images = renderer.render(input, {kAll, height, width, 1.0});
  at::Tensor sum = at::zeros({}, input.vertices.options());
  double phase = 0;
  for (const at::Tensor& image : {images.silhouette, images.depth, images.colour}) {
    phase += 1;
    const at::Tensor weight = at::sin(at::arange(image.numel(), image.options()) * 1.7 + phase);
    sum = sum + (image * weight.reshape(image.sizes())).sum();
  }
  return sum;
}

std::vector<at::Tensor> gradients_of(const Renderer& renderer,
                                     const RenderInput& input,
                                     int height,
                                     int width) {
  const RenderInput leaf = leaves(input, input.vertices.scalar_type());
  score(renderer, leaf, height, width).backward();
  return {leaf.vertices.grad(), leaf.colours.grad(), leaf.intrinsics.grad()};
}

TEST(SoftRasterizer, KeepsTheContract) {
  Registry& registry = renderer_registry();
  const ContractReport report = check_renderer_contract(registry, "soft_rasterizer");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

/// Every input moves along a direction; a large triangle behind, so that depth jumps only where the
/// hard z-buffer's border moves, which is why hard blending is checked with one plane over the
/// image.
void expect_gradient(const Renderer& renderer, const RenderInput& input, int size) {
  const std::vector<at::Tensor> gradient = gradients_of(renderer, input, size, size);
  const double step = 1e-6;
  for (int which = 0; which < 3; ++which) {
    const auto moved = [&](double by) {
      RenderInput other = input;
      at::Tensor& tensor = which == 0   ? other.vertices
                           : which == 1 ? other.colours
                                        : other.intrinsics;
      at::Tensor direction = at::cos(at::arange(tensor.numel(), tensor.options()) * 2.3);
      direction = direction.reshape(tensor.sizes());
      if (which == 2) direction = direction * (tensor != 0);
      tensor = tensor + by * direction;
      return std::pair(number(score(renderer, other, size, size)), direction);
    };
    const auto [above, direction] = moved(step);
    const double difference = (above - moved(-step).first) / (2 * step);
    const double exact = number((gradient[which] * direction).sum());
    EXPECT_NEAR(exact, difference, 1e-4 * (1 + std::abs(difference))) << "input " << which;
  }
}

TEST(SoftRasterizer, GradientMatchesDifferencesSoftmax) {
  expect_gradient(*make_renderer("soft_rasterizer", with("softmax")), ellipsoids(1, 1, 24), 24);
}

TEST(SoftRasterizer, GradientMatchesDifferencesHard) {
  const RenderInput wall = triangles({-30, -30, 5, 30, -30, 7, 0, 40, 9}, 16);
  expect_gradient(*make_renderer("soft_rasterizer", with("hard")), wall, 16);
}

TEST(SoftRasterizer, GradientMatchesDifferencesWhereFacesAreCut) {
  // Two corners, then one corner before the near plane.
  const RenderInput floor =
      triangles({-1, 1, 0.2, 1, 1.1, -0.5, 0.2, 0.9, 9, -2, -0.8, 8, 2, -0.9, 9, 0.1, -1, 0.3}, 20);
  expect_gradient(*make_renderer("soft_rasterizer", with("softmax")), floor, 20);
}

TEST(SoftRasterizer, CutFaceShowsItsFarPartOnly) {
  // A floor 1 m below the camera, from behind it to 50 m ahead: the lower half of the image.
  const auto renderer = make_renderer("soft_rasterizer", with("hard", {{"far", 1000.0}}));
  const RenderInput floor = triangles({-500, 1, -50, 500, 1, -50, 0, 1, 500}, 32);
  const Rendering images = renderer->render(leaves(floor, at::kFloat), {kAll, 32, 32, 1.0});
  const at::Tensor depth = images.depth[0].detach();
  EXPECT_EQ(number(depth.slice(0, 0, 16).abs().max()), 0);
  for (int y = 18; y < 32; ++y)  // depth = f h / (y - cy)
    EXPECT_NEAR(number(depth[y][16]), 32.0 / (y + 0.5 - 16), 1e-3);
}

TEST(SoftRasterizer, CullingKeepsTheFrontOfAClosedMesh) {
  const RenderInput input = leaves(ellipsoids(2, 3, 64), at::kFloat);
  const RenderRequest request{kAll, 64, 64, 1.0};
  const Rendering all = make_renderer("soft_rasterizer", with("hard"))->render(input, request);
  const Rendering front = make_renderer("soft_rasterizer", with("hard", {{"cull_backfaces", true}}))
                              ->render(input, request);
  EXPECT_TRUE(all.depth.equal(front.depth));
  EXPECT_TRUE(all.colour.equal(front.colour));
  EXPECT_TRUE((front.silhouette <= all.silhouette).all().item().toBool());
  EXPECT_TRUE((front.silhouette.masked_select(all.depth > 0) > 0.4).all().item().toBool());
  RenderInput inside_out = input;
  inside_out.faces = input.faces.flip(1);
  const Rendering back = make_renderer("soft_rasterizer", with("hard", {{"cull_backfaces", true}}))
                             ->render(inside_out, request);
  EXPECT_TRUE((back.depth >= all.depth).masked_select(back.depth > 0).all().item().toBool());
  EXPECT_FALSE(back.depth.equal(all.depth));
}

TEST(SoftRasterizer, DegenerateFacesAddNothing) {
  const std::vector<double> good{-1, -1, 6, 1, -1, 6, 0, 1, 6};
  std::vector<double> more = good;
  for (const auto& flat :
       std::vector<std::vector<double>>{{0, 0, 5, 0, 0, 5, 0, 0, 5},       // a point
                                        {0, 0, 5, 1, 1, 5, 0, 0, 5},       // two corners alike
                                        {-1, 0, 5, 0, 0, 5, 1, 0, 5},      // in a line
                                        {0, 0, 5, 0, 0, 6, 0, 0, 7},       // seen from its end
                                        {-1, 0, -5, 1, 0, -5, 0, 1, -5}})  // behind the camera
    more.insert(more.end(), flat.begin(), flat.end());
  for (const auto type : {at::kFloat, at::kDouble})
    for (const std::string blend : {"hard", "softmax"}) {
      const auto renderer = make_renderer("soft_rasterizer", with(blend));
      const RenderInput clean = triangles(good, 24), dirty = triangles(more, 24);
      const RenderRequest request{kAll, 24, 24, 1.0};
      const Rendering expected = renderer->render(leaves(clean, type), request);
      const Rendering images = renderer->render(leaves(dirty, type), request);
      EXPECT_TRUE(images.silhouette.equal(expected.silhouette));
      EXPECT_TRUE(images.depth.equal(expected.depth));
      EXPECT_TRUE(images.colour.equal(expected.colour));
      const auto gradient = gradients_of(*renderer, leaves(dirty, type), 24, 24);
      EXPECT_TRUE(gradient[0].isfinite().all().item().toBool());
      EXPECT_EQ(number(gradient[0][0].slice(0, 3).abs().sum()), 0);
    }
}

TEST(SoftRasterizer, RefusesWhatItCannotDraw) {
  const auto renderer = make_renderer("soft_rasterizer");
  for (const float bad : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    RenderInput input = leaves(ellipsoids(3, 1, 16), at::kFloat);
    input.vertices = input.vertices.detach();
    input.vertices[2][7][1] = bad;
    try {
      renderer->render(input, {kAll, 16, 16, 1.0});
      FAIL() << "rendered a vertex at " << bad;
    } catch (const UserError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find("vertex 7 of batch item 2"), std::string::npos) << message;
    }
  }
  RenderInput input = leaves(ellipsoids(1, 1, 16), at::kFloat);
  input.faces = input.faces.clone();
  input.faces[3][0] = 1000;
  EXPECT_THROW(renderer->render(input, {kAll, 16, 16, 1.0}), UserError);
  EXPECT_THROW(make_renderer("soft_rasterizer", {{"near", 5.0}, {"far", 4.0}}), UserError);
}

TEST(SoftRasterizer, EmptyAndUnseenMeshes) {
  const auto renderer = make_renderer("soft_rasterizer");
  RenderInput none = triangles({0, 0, 5, 1, 0, 5, 0, 1, 5}, 16);
  none.faces = at::empty({0, 3}, at::kLong);
  const RenderInput aside = triangles({100, 0, 5, 101, 0, 5, 100, 1, 5}, 16);
  for (const RenderInput& input : {none, aside})
    for (const auto type : {at::kFloat, at::kDouble}) {
      const RenderInput leaf = leaves(input, type);
      const Rendering images = renderer->render(leaf, {kAll, 16, 16, 1.0});
      EXPECT_EQ(number(images.silhouette.abs().max()), 0);
      EXPECT_EQ(number(images.depth.abs().max()), 0);
      EXPECT_EQ(number(images.colour.abs().max()), 0);
      EXPECT_EQ(number(gradients_of(*renderer, leaf, 16, 16)[0].abs().max()), 0);
    }
}

TEST(SoftRasterizer, ImagesOfAllSizes) {
  const auto renderer = make_renderer("soft_rasterizer", with("hard", {{"cull_backfaces", true}}));
  for (const auto& [height, width] : {std::pair{1, 1}, {1, 1024}, {1024, 1024}, {3, 2}}) {
    // The wall reaches far beyond the image on all sides.
    RenderInput wall = triangles({-1e6, -1e6, 5, 0, 2e6, 5, 1e6, -1e6, 5}, 32);
    wall.intrinsics = square_intrinsics(1, width, 32);
    const RenderInput leaf = leaves(wall, at::kFloat);
    const Rendering images = renderer->render(leaf, {kAll, height, width, 1.0});
    EXPECT_EQ(number(images.silhouette.min()), 1) << height << " x " << width;
    EXPECT_NEAR(number(images.depth.min()), 5, 1e-4);
    EXPECT_NEAR(number(images.depth.max()), 5, 1e-4);
    EXPECT_TRUE(gradients_of(*renderer, leaf, height, width)[0].isfinite().all().item().toBool());
  }
}

TEST(SoftRasterizer, SameBitsOnAnyNumberOfThreads) {
  // Fewer items than threads are cut into bands of the image and shares of the faces; small faces,
  // and faces so large that their own box is cut.
  for (const int items : {5, 3, 1})
    for (const int level : {3, 1})
      for (const std::string blend : {"hard", "softmax"}) {
        SCOPED_TRACE(fmt::format("{} items, level {}, {}", items, level, blend));
        const RenderInput input = leaves(ellipsoids(items, level, 61), at::kFloat);
        const auto renderer = make_renderer("soft_rasterizer", with(blend));
        std::vector<std::vector<at::Tensor>> results;
        for (const int threads : {1, 2, 2, 3}) {
          at::set_num_threads(threads);
          std::vector<at::Tensor> result = gradients_of(*renderer, input, 61, 61);
          const Rendering images = renderer->render(input, {kAll, 61, 61, 1.0});
          result.insert(result.end(), {images.silhouette, images.depth, images.colour});
          results.push_back(result);
        }
        at::set_num_threads(1);
        for (const auto& result : results)
          for (std::size_t n = 0; n < result.size(); ++n)
            EXPECT_TRUE(result[n].equal(results[0][n])) << "tensor " << n;
      }
}

TEST(SoftRasterizer, MemoryStaysSmall) {
  // Beyond inputs and targets: images, what backward needs, gradients, the loss's own.
  const RenderInput input = leaves(ellipsoids(8, 3, 256), at::kFloat);
  const at::Tensor target = at::full({8, 256, 256}, 0.5, at::kFloat);
  const at::Tensor target_colour = at::full({8, 3, 256, 256}, 0.5, at::kFloat);
  const auto renderer = make_renderer("soft_rasterizer", with("softmax"));
  const PeakMemory memory;
  if (!memory.known()) GTEST_SKIP() << "the kernel does not tell how much memory a process has";
  for (int step = 0; step < 3; ++step) {
    const Rendering images = renderer->render(input, {kAll, 256, 256, 1.0});
    (at::mse_loss(images.silhouette, target) + at::mse_loss(images.depth, target) +
     at::mse_loss(images.colour, target_colour))
        .backward();
  }
  const double peak_mb = memory.mb();
  EXPECT_TRUE(input.vertices.grad().defined());
  EXPECT_LE(peak_mb, 64);
  EXPECT_GE(peak_mb, 8 * 5 * 256 * 256 * 4 / 1e6) << "less than the images alone?";
  RecordProperty("peak_mb", int(peak_mb));
}

TEST(SoftRasterizer, ItemsWithoutGradientCostNoBackwardPass) {
  for (const std::string blend : {"hard", "softmax"})
    for (const auto type : {at::kFloat, at::kDouble}) {
      const RenderInput input = leaves(ellipsoids(3, 1, 24), type);
      const auto renderer = make_renderer("soft_rasterizer", with(blend));
      const at::Tensor weight = at::tensor({1.0, 0.0, 1.0}, type).reshape({3, 1, 1});
      const auto loss = [&](const at::Tensor& weights) {
        const Rendering images = renderer->render(input, {kAll, 24, 24, 1.0});
        return ((images.silhouette + images.depth) * weights).sum();
      };
      const at::Tensor asked = loss(weight), asked_of_all = loss(at::ones_like(weight));
      // Poison that no autograd counter sees: whoever looks at item 1 again must refuse it.
      const at::Tensor poisoned = input.vertices.detach()[1];
      const at::Tensor sound = poisoned.clone();
      std::memcpy(poisoned.data_ptr(),
                  at::full_like(poisoned, std::nan("")).data_ptr(),
                  poisoned.numel() * poisoned.element_size());
      EXPECT_NO_THROW(asked.backward());
      EXPECT_EQ(number(input.vertices.grad()[1].abs().sum()), 0);
      EXPECT_GT(number(input.vertices.grad()[2].abs().sum()), 0);
      EXPECT_THROW(asked_of_all.backward(), UserError);
    }
}

TEST(SoftRasterizer, GradientOfACutFaceMatchesDifferences) {
  // A floor from behind the camera to far ahead: its cut corners slide when its own corners move.
  const auto renderer = make_renderer("soft_rasterizer", with("softmax", {{"near", 0.5}}));
  RenderInput floor = triangles({-3, 1, -2, 4, 1.2, -1, 0.5, 0.8, 9}, 20);
  floor.colours = floor.colours * at::tensor({0.2, 0.5, 0.9}, at::kDouble);
  const at::Tensor gradient = gradients_of(*renderer, floor, 20, 20)[0];
  for (int n = 0; n < 9; ++n) {
    const auto moved = [&](double by) {
      RenderInput other = floor;
      other.vertices = floor.vertices.clone();
      other.vertices.view({-1})[n] += by;
      return number(score(*renderer, other, 20, 20));
    };
    const double difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
    EXPECT_NEAR(number(gradient.view({-1})[n]), difference, 1e-3 * (1 + std::abs(difference)))
        << "coordinate " << n;
  }
}

TEST(SoftRasterizer, GammaFollowsTheSchedule) {
  // Two walls at 5 and 6 m over the whole image: depth is their mean, weighted by exp(-z / gamma).
  const auto renderer = make_renderer("soft_rasterizer",
                                      with("softmax",
                                           {{"gamma", 0.01},
                                            {"gamma_start", 1.0},
                                            {"schedule_until", 0.5},
                                            {"near", 1.0},
                                            {"far", 20.0}}));
  const RenderInput walls = triangles({-90,
                                       -90,
                                       5,
                                       0,
                                       180,
                                       5,
                                       90,
                                       -90,
                                       5,  //
                                       -90,
                                       -90,
                                       6,
                                       0,
                                       180,
                                       6,
                                       90,
                                       -90,
                                       6},
                                      8);
  for (const auto& [progress, gamma] :
       {std::pair{0.0, 1.0}, {0.25, 0.1}, {0.5, 0.01}, {1.0, 0.01}}) {
    const double far_weight = std::exp(-1 / (19 * gamma));
    const double expected = (5 + 6 * far_weight) / (1 + far_weight);
    for (const auto type : {at::kFloat, at::kDouble}) {
      const Rendering images =
          renderer->render(leaves(walls, type), {{.depth = true}, 8, 8, progress});
      EXPECT_NEAR(number(images.depth[0][4][4]), expected, 1e-5) << "progress " << progress;
    }
  }
}

TEST(SoftRasterizer, BlurFollowsTheSchedule) {
  const RenderInput edge = leaves(triangles({-50, 0, 5, 50, 0, 5, 0, 90, 5}, 64), at::kDouble);
  const auto renderer = make_renderer(
      "soft_rasterizer",
      {{"sigma", 0.25}, {"sigma_start", 4.0}, {"schedule_until", 0.5}, {"cull_backfaces", false}});
  // The pixel row half a pixel above the edge: alpha = sigmoid(-0.25 / sigma).
  for (const auto& [progress, sigma] :
       {std::pair{0.0, 4.0}, {0.25, 1.0}, {0.5, 0.25}, {1.0, 0.25}}) {
    const Rendering images = renderer->render(edge, {{.silhouette = true}, 64, 64, progress});
    EXPECT_NEAR(number(images.silhouette[0][31][32]), 1 / (1 + std::exp(0.25 / sigma)), 1e-9);
  }
  const auto in_ndc = make_renderer("soft_rasterizer",
                                    {{"sigma", 4.0 / (32 * 32)},
                                     {"sigma_start", 4.0 / (32 * 32)},
                                     {"sigma_unit", std::string("ndc^2")},
                                     {"cull_backfaces", false}});
  const Rendering images = in_ndc->render(edge, {{.silhouette = true}, 64, 80, 1.0});
  EXPECT_NEAR(number(images.silhouette[0][31][32]), 1 / (1 + std::exp(0.25 / 4)), 1e-9);
}

}  // namespace
}  // namespace monodr::test
