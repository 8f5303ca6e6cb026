// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "losses/scene.h"
#include "plugin/shape_prior.h"

namespace monodr::test {
namespace {

struct Car {
  double x = 0.4, y = 1.7, z = 9, height = 1.5, width = 1.6, length = 3.9, heading = 0.7;
};

/// Camera frame to the object's axes around the box's centre.
std::array<double, 3> in_axes(const Car& car, const std::array<double, 3>& p) {
  const double x = p[0] - car.x, y = p[1] - car.y + car.height / 2, z = p[2] - car.z;
  const double c = std::cos(car.heading), s = std::sin(car.heading);
  return {c * x - s * z, y, s * x + c * z};
}

double box_distance(const Car& car, const std::array<double, 3>& p) {
  const std::array<double, 3> q = in_axes(car, p);
  const std::array<double, 3> half{car.length / 2, car.height / 2, car.width / 2};
  double outside = 0, inside = -1e9;
  for (int i = 0; i < 3; ++i) {
    const double beyond = std::abs(q[i]) - half[i];
    outside += std::pow(std::max(beyond, 0.0), 2);
    inside = std::max(inside, beyond);
  }
  return outside > 0 ? std::sqrt(outside) : inside;
}

constexpr double kFocal = 90, kMiddle = kSide / 2.0;

std::array<double, 3> ray_of(int x, int y) {
  return {(x + 0.5 - kMiddle) / kFocal, (y + 0.5 - kMiddle) / kFocal, 1};
}

Scene scene_of(const Car& car) {
  Scene scene = matching_scene();
  scene.observation.intrinsics =
      at::tensor({kFocal, 0.0, kMiddle, 0.0, kFocal, kMiddle, 0.0, 0.0, 1.0}, at::kDouble)
          .reshape({1, 3, 3});
  HypothesisBatch& h = scene.hypothesis;
  h.location = at::tensor({car.x, car.y, car.z}, at::kDouble).reshape({1, 3});
  h.dimensions = at::tensor({car.height, car.width, car.length}, at::kDouble).reshape({1, 3});
  h.rotation_y = at::tensor({car.heading}, at::kDouble);
  h.shape_code = at::zeros({1, 10}, at::kDouble);
  return scene;
}

/// Where rays meet the box.
at::Tensor mask_of(const Car& car) {
  at::Tensor mask = at::zeros({1, kSide, kSide}, at::kDouble);
  for (int y = 0; y < kSide; ++y)
    for (int x = 0; x < kSide; ++x) {
      const std::array<double, 3> ray = ray_of(x, y);
      bool hit = false;
      for (double z = 4; z < 14 && !hit; z += 0.01)
        hit = box_distance(car, {ray[0] * z, ray[1] * z, z}) < 0;
      mask[0][y][x] = hit ? 1.0 : 0.0;
    }
  return mask;
}

TEST(VolumetricSilhouette, IsThePublishedProductAlongRays) {
  const Car car;  // of the mean size, so that the distances are exact
  Scene scene = scene_of(car);
  scene.observation.mask =
      0.5 + 0.5 * at::sin(1.3 * at::arange(kSide * kSide, at::kDouble)).view({1, kSide, kSide});
  scene.observation.known = 1 - rectangle(0, 0, 20, 64);
  for (const double scale : {1.0, 0.4}) {
    constexpr int kStride = 4, kSamples = 31;
    double sum = 0;
    int rays = 0;
    for (int y = kStride / 2; y < kSide; y += kStride)
      for (int x = kStride / 2; x < kSide; x += kStride) {
        if (x < 20) continue;
        const std::array<double, 3> ray = ray_of(x, y);
        const auto phi = [&](double f) { return 1 / (1 + std::exp(-f / scale)); };
        double last = 1, escape = 1;  // Phi far outside
        for (int i = 0; i < kSamples; ++i) {
          const double z = car.z - 3.5 + 7.0 * i / (kSamples - 1);
          const double now = phi(box_distance(car, {ray[0] * z, ray[1] * z, z}));
          escape *= 1 - std::max((last - now) / last, 0.0);
          last = now;
        }
        const double m = scene.observation.mask[0][y][x].item<double>();
        sum -= m * std::log(1 - escape) + (1 - m) * std::log(escape);
        ++rays;
      }
    const auto rendered = loss("volumetric_silhouette",
                               {{"scale_start", scale},
                                {"scale", scale},
                                {"stride", std::int64_t{kStride}},
                                {"samples", std::int64_t{kSamples}}});
    EXPECT_NEAR(scene.evaluate(*rendered), sum / rays, 1e-9) << "scale " << scale;
  }
}

TEST(VolumetricSilhouette, IsLeastWhereTheBoxIs) {
  const Car car;
  const at::Tensor mask = mask_of(car);
  const auto sharp =
      loss("volumetric_silhouette", {{"scale", 0.03}, {"samples", std::int64_t{200}}});
  const auto cost = [&](const Car& at) {
    Scene scene = scene_of(at);
    scene.observation.mask = mask;
    return scene.evaluate(*sharp);
  };
  const double there = cost(car);
  EXPECT_LT(there, 0.1);
  for (double Car::*number : {&Car::x, &Car::y, &Car::z, &Car::height, &Car::length, &Car::heading})
    for (const double step : {-0.25, 0.25}) {
      Car moved = car;
      moved.*number += number == &Car::z ? 4 * step : step;
      EXPECT_GT(cost(moved), there + 3e-4);
    }
}

/// Cubes, which is all that the prior's colours need.
std::vector<CorpusItem> cubes() {
  Mesh cube;
  for (int i = 0; i < 8; ++i)
    cube.vertices.emplace_back(i & 1 ? 0.5F : -0.5F, i & 2 ? 0.5F : -0.5F, i & 4 ? 0.5F : -0.5F);
  cube.faces = {{0, 2, 1},
                {1, 2, 3},
                {4, 5, 6},
                {5, 7, 6},
                {0, 1, 4},
                {1, 5, 4},
                {2, 6, 3},
                {3, 6, 7},
                {0, 4, 2},
                {2, 4, 6},
                {1, 3, 5},
                {3, 7, 5}};
  std::vector<CorpusItem> corpus;
  for (int i = 0; i < 14; ++i) {
    cube.colours.assign(8, Eigen::Vector3f(0.1F + 0.05F * float(i), 0.5F, 0.9F - 0.04F * float(i)));
    corpus.push_back({"cube", cube});
  }
  return corpus;
}

/// `scene` with the mesh that `box_residual` has for its code.
void add_mesh(Scene& scene) {
  const auto& info = registry().find(PluginKind::shape_prior, "box_residual").info;
  const auto prior = registry().make<ShapePrior>("box_residual", Parameters(info.parameters));
  prior->train(cubes(), {});
  HypothesisBatch& h = scene.hypothesis;
  const DecodedShape shape =
      prior->decode(h.shape_code, at::zeros({1, prior->texture_dimensions()}, at::kDouble));
  const at::Tensor size = h.dimensions.index_select(1, at::tensor({2, 0, 1}, at::kLong));
  const at::Tensor p = shape.vertices * size.unsqueeze(1);
  const at::Tensor c = h.rotation_y.cos(), s = h.rotation_y.sin();
  const at::Tensor x = p.select(2, 0), y = p.select(2, 1), z = p.select(2, 2);
  h.vertices = at::stack({c * x + s * z + h.location.select(1, 0),
                          y + h.location.select(1, 1) - h.dimensions.select(1, 0) / 2,
                          -s * x + c * z + h.location.select(1, 2)},
                         2);
  h.faces = shape.faces;
}

TEST(VolumetricSilhouette, WithAResidualItsSlopesAreThoseOfDifferences) {
  Car car;
  car.length = 4.3;
  Scene scene = scene_of(car);
  scene.hypothesis.shape_code = at::sin(at::arange(10, at::kDouble)).reshape({1, 10});
  add_mesh(scene);
  scene.observation.mask = mask_of({});
  const auto rendered = loss("volumetric_silhouette", {{"residual", true}});
  HypothesisBatch& h = scene.hypothesis;
  for (at::Tensor* input : {&h.location, &h.dimensions, &h.rotation_y, &h.shape_code}) {
    const at::Tensor before = input->clone();
    *input = before.clone().requires_grad_(true);
    const at::Tensor slope =
        torch::autograd::grad({rendered->evaluate(scene.input()).sum()}, {*input})[0];
    for (int64_t i = 0; i < before.numel(); ++i) {
      constexpr double kStep = 1e-6;
      const auto moved = [&](double by) {
        at::Tensor other = before.clone();
        other.view(-1)[i] += by;
        *input = other;
        return scene.evaluate(*rendered);
      };
      EXPECT_NEAR(
          slope.view(-1)[i].item<double>(), (moved(kStep) - moved(-kStep)) / (2 * kStep), 1e-5)
          << "number " << i;
    }
    *input = before;
  }
}

TEST(VolumetricSilhouette, TakesNoOtherPriorsCodesForAResidual) {
  const auto rendered = loss("volumetric_silhouette", {{"residual", true}});
  const auto refusal = [&](const Scene& scene) -> std::string {
    try {
      scene.evaluate(*rendered);
      return "taken";
    } catch (const UserError& error) {
      return error.what();
    }
  };
  Scene scene = scene_of({});
  add_mesh(scene);
  EXPECT_EQ(refusal(scene), "taken");
  scene.hypothesis.shape_code =
      scene.hypothesis.shape_code + 3;  // as of a prior of as many dimensions
  EXPECT_THAT(refusal(scene), testing::HasSubstr("off the surface"));
  scene.hypothesis.shape_code = at::zeros({1, 8}, at::kDouble);
  EXPECT_THAT(refusal(scene), testing::HasSubstr("set shape_prior.plugin = \"box_residual\""));
}

}  // namespace
}  // namespace monodr::test
