// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "losses/scene.h"

namespace monodr::test {
namespace {

/// The formula of photometric.cpp, straight from the page, window by window.
double by_the_formula(const Scene& scene) {
  const at::Tensor weight = (scene.rendering.depth[0] > 0).to(at::kDouble) *
                            (scene.observation.mask[0] > 0.5).to(at::kDouble) *
                            (scene.observation.known[0] > 0.5).to(at::kDouble);
  const at::Tensor x = scene.rendering.colour[0], y = scene.observation.image[0];
  const double count = 3 * weight.sum().item<double>();
  const auto mean = [&](const at::Tensor& image) {
    return (image * weight).sum().item<double>() / count;
  };
  const double variance = mean(x * x) - mean(x) * mean(x) + 1e-4;
  const double gain = std::clamp((mean(x * y) - mean(x) * mean(y)) / variance, 0.6, 1.6);
  const at::Tensor difference = gain * (x - mean(x)) - (y - mean(y));
  const double intensity = mean((difference.square() + 0.15 * 0.15).sqrt() - 0.15);

  double sum = 0;
  int windows = 0;
  const auto channel = [](const at::Tensor& image, int which) {
    const at::Tensor luminance = image.mean(0);
    return which == 0 ? luminance : image[0] - luminance;
  };
  for (int which = 0; which < 2; ++which)
    for (int top = 0; top + 7 <= kSide; top += 3)
      for (int left = 0; left + 7 <= kSide; left += 3) {
        const auto cut = [&](const at::Tensor& t) {
          return t.narrow(0, top, 7).narrow(1, left, 7);
        };
        const at::Tensor w = cut(weight);
        const double inside = w.sum().item<double>();
        if (inside < 24.5) continue;
        const at::Tensor a = gain * cut(channel(x, which)), b = cut(channel(y, which));
        const auto average = [&](const at::Tensor& t) {
          return (t * w).sum().item<double>() / inside;
        };
        const double ma = average(a), mb = average(b);
        const double covariance = average(a * b) - ma * mb;
        const double spread = average(a * a) - ma * ma + average(b * b) - mb * mb;
        sum += (2 * covariance + 9e-4) / (spread + 9e-4);
        ++windows;
      }
  return 0.3 * intensity + 0.5 * (1 - sum / windows);
}

at::Tensor noise(std::uint64_t seed) {
  at::Tensor image = at::empty({1, 3, kSide, kSide}, at::kDouble);
  double* out = image.data_ptr<double>();
  for (int64_t i = 0; i < image.numel(); ++i) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    out[i] = static_cast<double>(seed >> 40) / (1 << 24);
  }
  return image;
}

TEST(PhotometricLoss, TheSamePictureCostsNextToNothing) {
  EXPECT_LT(matching_scene().evaluate(*loss("photometric")), 2e-3);  // the gain's variance floor
}

TEST(PhotometricLoss, FollowsTheFormulaOnRandomPictures) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Scene scene = matching_scene();
    const double blend = 0.2 * static_cast<double>(seed);
    scene.observation.image = noise(seed);
    scene.rendering.colour = blend * scene.observation.image + (1 - blend) * noise(seed + 100);
    scene.observation.mask = rectangle(10, 7, 51, 46);
    scene.rendering.depth = 9 * rectangle(15, 13, 60, 50);
    scene.observation.known = 1 - rectangle(30, 20, 33, 64);
    EXPECT_NEAR(scene.evaluate(*loss("photometric")), by_the_formula(scene), 1e-9)
        << "seed " << seed;
  }
}

TEST(PhotometricLoss, ExposureDoesNotDecide) {
  Scene scene = matching_scene();
  scene.observation.image = 0.7 * noise(4) + 0.1;
  scene.rendering.colour = (scene.observation.image - 0.1) / 1.3;
  EXPECT_LT(scene.evaluate(*loss("photometric")), 2e-3);
  scene.rendering.colour = scene.observation.image / 4;  // beyond the greatest gain
  EXPECT_GT(scene.evaluate(*loss("photometric")), 0.02);
}

TEST(PhotometricLoss, AMirroredPictureCostsMore) {
  Scene scene = matching_scene();
  scene.observation.image = noise(9);
  scene.rendering.colour = scene.observation.image.flip({3});
  EXPECT_GT(scene.evaluate(*loss("photometric")), 0.3);
}

TEST(PhotometricLoss, RedLampsCountEvenAtEqualLuminance) {
  Scene scene = matching_scene();
  scene.observation.image = at::full({1, 3, kSide, kSide}, 0.4, at::kDouble);
  scene.rendering.colour = scene.observation.image.clone();
  const double without = scene.evaluate(*loss("photometric"));
  const at::Tensor lamp = rectangle(26, 30, 30, 34).squeeze(0);
  scene.observation.image[0][0].add_(0.4 * lamp);
  scene.observation.image[0][1].sub_(0.2 * lamp);
  scene.observation.image[0][2].sub_(0.2 * lamp);
  EXPECT_GT(scene.evaluate(*loss("photometric")), without + 0.05);
}

TEST(PhotometricLoss, WhatIsOffTheOverlapSaysNothing) {
  Scene scene = matching_scene();
  const double before = scene.evaluate(*loss("photometric"));
  const at::Tensor off = 1 - rectangle(24, 24, 40, 40).unsqueeze(1);
  scene.rendering.colour = (scene.rendering.colour + off * noise(3)).requires_grad_(true);
  const at::Tensor value = loss("photometric")->evaluate(scene.input()).sum();
  EXPECT_EQ(value.item<double>(), before);
  const at::Tensor gradient = torch::autograd::grad({value}, {scene.rendering.colour})[0];
  EXPECT_EQ((gradient * off).abs().max().item<double>(), 0);
}

TEST(PhotometricLoss, MissingTheCarIsWorseThanAnyPicture) {
  Scene scene = matching_scene();
  scene.rendering.depth = 10 * rectangle(0, 0, 16, 16);
  const double missed = scene.evaluate(*loss("photometric"));
  EXPECT_NEAR(missed, 0.5 + 0.3 * (std::sqrt(0.25 + 0.15 * 0.15) - 0.15), 1e-12);
}

TEST(PhotometricLoss, GainBoundsMustNotCross) {
  EXPECT_THROW(loss("photometric", {{"gain_minimum", 2.0}, {"gain_maximum", 1.0}}), UserError);
}

}  // namespace
}  // namespace monodr::test
