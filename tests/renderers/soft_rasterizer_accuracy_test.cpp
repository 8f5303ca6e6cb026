// SPDX-License-Identifier: Apache-2.0
// soft_rasterizer against the published reference arrays and against its own double precision.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>

#include "base/random.h"
#include "renderers/scenes.h"

namespace monodr::test {
namespace {

const std::map<std::string, ParameterValue> kSoftmax{{"sigma", 0.5},
                                                     {"sigma_start", 0.5},
                                                     {"gamma", 1e-3},
                                                     {"gamma_start", 1e-3},
                                                     {"near", 1.0},
                                                     {"far", 20.0},
                                                     {"blend", std::string("softmax")},
                                                     {"cull_backfaces", false}};
const std::map<std::string, ParameterValue> kHard{{"sigma", 0.5}, {"cull_backfaces", false}};

double relative_error(const at::Tensor& value, const at::Tensor& expected) {
  const at::Tensor reference = expected.to(at::kDouble);
  return ((value.to(at::kDouble) - reference).norm() / reference.norm()).item().toDouble();
}

double largest_error(const at::Tensor& value, const at::Tensor& expected) {
  return (value.to(at::kDouble) - expected.to(at::kDouble)).abs().max().item().toDouble();
}

/// Images and gradients of one rendering under fixed random weights on every channel.
struct Result {
  Rendering images;
  at::Tensor to_vertices, to_colours, to_intrinsics;
};

Result render_all(const Renderer& renderer, const RenderInput& input, int height, int width) {
  Result result;
  result.images = renderer.render(input, {{true, true, true}, height, width, 1.0});
  at::Tensor loss = at::zeros({}, input.vertices.options());
  int seed = 1;
  for (const at::Tensor& image :
       {result.images.silhouette, result.images.depth, result.images.colour}) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed++);
    const at::Tensor weight =
        at::randn(image.sizes(), generator, at::TensorOptions(at::kDouble)).to(image.dtype());
    loss = loss + (weight * image.nan_to_num()).mean();
  }
  loss.backward();
  result.to_vertices = input.vertices.grad();
  result.to_colours = input.colours.grad();
  result.to_intrinsics = input.intrinsics.grad();
  return result;
}

TEST(SoftRasterizerAccuracy, AgreesWithTheReferenceArrays) {
  if (scenario_folder().empty()) GTEST_SKIP() << "no ../shared/bench_scenarios here";
  struct Case {
    int level, batch, size;
    std::string sigma;
  };
  for (const Case& c : std::vector<Case>{
           {3, 1, 128, "1e-4"}, {3, 8, 128, "1e-4"}, {3, 8, 128, "1e-5"}, {4, 1, 128, "1e-4"}}) {
    const std::string name = fmt::format("l{}_b{}_s{}", c.level, c.batch, c.size);
    SCOPED_TRACE(name + " sigma " + c.sigma);
    const double sigma = std::stod(c.sigma);
    const auto renderer = make_renderer("soft_rasterizer",
                                        {{"sigma", sigma},
                                         {"sigma_start", sigma},
                                         {"sigma_unit", std::string("ndc^2")},
                                         {"cull_backfaces", false}});
    RenderInput input = scenario(c.level, c.batch, c.size);
    input.vertices.set_requires_grad(true);
    const at::Tensor alpha =
        renderer->render(input, {{.silhouette = true}, c.size, c.size}).silhouette;
    const std::vector<std::int64_t> shape{c.batch, c.size, c.size};
    const at::Tensor target =
        read_floats(fmt::format("{}/tmask_{}.f32", scenario_folder(), name), shape);
    (alpha - target).square().mean().backward();
    const std::string prefix = scenario_folder() + "/reference/" + name + "_" + c.sigma;
    EXPECT_LE(largest_error(alpha.detach(), read_floats(prefix + "_alpha.f32", shape)), 1e-4);
    EXPECT_LE(relative_error(input.vertices.grad(),
                             read_floats(prefix + "_grad.f32", input.vertices.sizes().vec())),
              1e-3);
  }
}

void expect_agreement(const std::map<std::string, ParameterValue>& parameters,
                      const RenderInput& input,
                      int height,
                      int width) {
  const auto renderer = make_renderer("soft_rasterizer", parameters);
  // The same numbers in both: rounded to single first.
  const RenderInput rounded = leaves(input, at::kFloat);
  const Result single = render_all(*renderer, rounded, height, width);
  const Result exact = render_all(*renderer, leaves(rounded, at::kDouble), height, width);
  EXPECT_LE(largest_error(single.images.silhouette, exact.images.silhouette), 1e-5);
  EXPECT_LE(largest_error(single.images.colour, exact.images.colour), 1e-5);
  EXPECT_LE(relative_error(single.images.depth, exact.images.depth), 1e-5);
  EXPECT_LE(relative_error(single.to_vertices, exact.to_vertices), 1e-3);
  EXPECT_LE(relative_error(single.to_colours, exact.to_colours), 1e-4);
  EXPECT_LE(relative_error(single.to_intrinsics, exact.to_intrinsics), 1e-3);
}

TEST(SoftRasterizerAccuracy, SingleAgreesWithDoubleForRandomTriangles) {
  const auto seed = fresh_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  for (const auto& parameters : {kHard, kSoftmax}) {
    expect_agreement(parameters, random_triangles(3, 1, 32, seed), 32, 32);
    expect_agreement(parameters, random_triangles(2, 40, 48, seed + 1), 40, 56);
  }
}

TEST(SoftRasterizerAccuracy, SingleAgreesWithDoubleForClosedMeshes) {
  for (const auto& parameters : {kHard, kSoftmax})
    expect_agreement(parameters, ellipsoids(2, 2, 48), 48, 48);
}

TEST(SoftRasterizerAccuracy, SingleAgreesWithDoubleUnderWideBlur) {
  // So many faces reach a pixel that it fills up long before the last one, and boxes are large.
  for (auto parameters : {kHard, kSoftmax}) {
    parameters["sigma"] = parameters["sigma_start"] = 16.0;
    expect_agreement(parameters, ellipsoids(1, 3, 48), 48, 40);
  }
}

/// Triangles over all of the image, each parallel to it, at the given depths; grey by their depth.
RenderInput parallel_walls(const std::vector<double>& depths, double top, int size) {
  std::vector<double> points, greys;
  for (const double z : depths) {
    points.insert(points.end(), {-100 * z, top * z, z, 100 * z, top * z, z, 0, 100 * z, z});
    greys.insert(greys.end(), 9, z / 10);
  }
  const std::vector<std::int64_t> shape{1, 3 * std::int64_t(depths.size()), 3};
  RenderInput input;
  input.vertices = at::tensor(points, at::kDouble).reshape(shape);
  input.colours = at::tensor(greys, at::kDouble).reshape(shape);
  input.faces = at::arange(shape[1], at::kLong).reshape({-1, 3});
  input.intrinsics = square_intrinsics(1, size, size);
  return input;
}

TEST(SoftRasterizerAccuracy, EveryFaceOfAPixelCounts) {
  // 500 faces whose common edge runs half a pixel below a row of pixels, to each of which all 500
  // give a hundredth of their cover; the rows below lie well inside.
  constexpr int kFaces = 500, kSize = 8, kAbove = 3, kBelow = 6;
  const double cover = 0.01, sigma = 0.25 / std::log(1 / cover - 1);
  const double near = 1, far = 20, gamma = 0.5;
  std::vector<double> depths;
  for (int n = 0; n < kFaces; ++n) depths.push_back(5 + 0.004 * ((n * 7) % kFaces));
  double sum = 0, sum_depth = 0;
  for (const double z : depths) {
    const double weight = std::exp((far - z) / ((far - near) * gamma));
    sum += weight;
    sum_depth += weight * z;
  }
  const double depth = sum_depth / sum;
  // The background is a face of cover 1 whose exponent is 1e-3 / gamma.
  const auto grey = [&](double share) {
    return share * sum_depth / 10 / (share * sum + std::exp(1e-3 / gamma));
  };
  const auto renderer = make_renderer("soft_rasterizer",
                                      {{"sigma", sigma},
                                       {"sigma_start", sigma},
                                       {"gamma", gamma},
                                       {"gamma_start", gamma},
                                       {"near", near},
                                       {"far", far},
                                       {"blend", std::string("softmax")},
                                       {"cull_backfaces", false}});
  for (const auto type : {at::kFloat, at::kDouble}) {
    const RenderInput input = leaves(parallel_walls(depths, 0, kSize), type);
    const Rendering images = renderer->render(input, {{true, true, true}, kSize, kSize, 1.0});
    const auto number = [](const at::Tensor& value) { return value.item().toDouble(); };
    EXPECT_NEAR(number(images.silhouette[0][kAbove][4]), 1 - std::pow(1 - cover, kFaces), 1e-5);
    EXPECT_NEAR(number(images.silhouette[0][kBelow][4]), 1, 1e-6);
    for (const auto& [row, share] : {std::pair{kAbove, cover}, {kBelow, 1.0}}) {
      EXPECT_NEAR(number(images.depth[0][row][4]), depth, 1e-5 * depth);
      EXPECT_NEAR(number(images.colour[0][1][row][4]), grey(share), 1e-5);
    }
    images.silhouette[0][kAbove][4].backward();
    // Each face's edge moves the pixel alike: v by f / z for a metre of y.
    const at::Tensor by_v = (input.vertices.grad()[0].select(1, 1) * input.vertices[0].select(1, 2))
                                .detach()
                                .reshape({kFaces, 3})
                                .sum(1);
    EXPECT_LT(number(by_v.max()), 0);
    EXPECT_NEAR(number(by_v.min() / by_v.max()), 1, 1e-4);
  }
}

TEST(SoftRasterizerAccuracy, InterpolatesInPerspective) {
  // A steep plane whose colours are its points' own coordinates: what a pixel shows is where its
  // ray meets the plane.
  constexpr int kSize = 24;
  const at::Tensor corners =
      at::tensor({-30.0, 2.0, 3.0, 40.0, 1.5, 6.0, -5.0, -30.0, 60.0}, at::kDouble).reshape({3, 3});
  const at::Tensor scale = at::tensor({1 / 60.0, 1 / 60.0, 1 / 60.0}, at::kDouble);
  RenderInput plane;
  plane.vertices = corners.unsqueeze(0);
  plane.colours = (corners * scale + 0.5).unsqueeze(0);
  plane.faces = at::arange(3, at::kLong).reshape({1, 3});
  plane.intrinsics = square_intrinsics(1, kSize, 2 * kSize);
  const at::Tensor normal = at::cross(corners[1] - corners[0], corners[2] - corners[0]);
  const at::Tensor pixels = (at::arange(kSize, at::kDouble) + 0.5 - kSize / 2.0) / (2 * kSize);
  const at::Tensor rays = at::stack({pixels.unsqueeze(0).expand({kSize, kSize}),
                                     pixels.unsqueeze(1).expand({kSize, kSize}),
                                     at::ones({kSize, kSize}, at::kDouble)},
                                    2);
  const at::Tensor depth = (normal * corners[0]).sum() / (rays * normal).sum(2);
  const at::Tensor colour = (rays * depth.unsqueeze(2) * scale + 0.5).permute({2, 0, 1});
  EXPECT_GT((depth.max() / depth.min()).item().toDouble(), 1.5) << "no perspective to see";
  for (auto parameters : {kHard, kSoftmax})
    for (const auto type : {at::kFloat, at::kDouble}) {
      parameters["far"] = 100.0;
      const Rendering images =
          make_renderer("soft_rasterizer", parameters)
              ->render(leaves(plane, type), {{true, true, true}, kSize, kSize});
      const at::Tensor inside = images.silhouette[0] > 0.999999;
      EXPECT_TRUE(inside.all().item().toBool()) << "the plane does not fill the image";
      const double tolerance = type == at::kFloat ? 1e-5 : 1e-12;
      EXPECT_LE(relative_error(images.depth[0], depth), tolerance);
      EXPECT_LE(largest_error(images.colour[0], colour), tolerance);
    }
}

TEST(SoftRasterizerAccuracy, EveryInstructionSetGivesTheSameImages) {
  const RenderInput input = ellipsoids(2, 3, 64);
  for (const auto& parameters : {kHard, kSoftmax}) {
    const auto renderer = make_renderer("soft_rasterizer", parameters);
    const Result best = render_all(*renderer, leaves(input, at::kFloat), 64, 64);
    for (const std::int64_t target : {HWY_AVX3, HWY_AVX2, HWY_SSE4, HWY_SCALAR}) {
      if ((hwy::SupportedTargets() & target) == 0) continue;
      SCOPED_TRACE(hwy::TargetName(target));
      hwy::SetSupportedTargetsForTest(target);
      hwy::GetChosenTarget().DeInit();
      const Result other = render_all(*renderer, leaves(input, at::kFloat), 64, 64);
      hwy::SetSupportedTargetsForTest(0);
      hwy::GetChosenTarget().DeInit();
      EXPECT_LE(largest_error(other.images.silhouette, best.images.silhouette), 1e-5);
      EXPECT_LE(largest_error(other.images.colour, best.images.colour), 1e-5);
      EXPECT_LE(relative_error(other.images.depth, best.images.depth), 1e-5);
      EXPECT_LE(relative_error(other.to_vertices, best.to_vertices), 1e-4);
      // Without fused multiplication it rounds differently: the code was another.
      if (target == HWY_SCALAR) {
        EXPECT_FALSE(other.images.silhouette.equal(best.images.silhouette));
      }
    }
  }
}

}  // namespace
}  // namespace monodr::test
