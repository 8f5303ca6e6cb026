// SPDX-License-Identifier: Apache-2.0
#include "evidence/randomise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace monodr {
namespace {

constexpr int kSize = 32;

/// A ramp with a red square: something to blur, to fade and to compress.
std::vector<float> picture() {
  std::vector<float> image(3 * kSize * kSize);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < kSize; ++y)
      for (int x = 0; x < kSize; ++x) {
        const bool in_square = x > 8 && x < 20 && y > 8 && y < 20;
        image[static_cast<size_t>((c * kSize + y) * kSize + x)] =
            in_square ? (c == 0 ? 0.9F : 0.1F) : 0.2F + 0.6F * static_cast<float>(x) / kSize;
      }
  return image;
}

Randomisation nothing() {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
}

std::vector<float> randomised(const Randomisation& how, std::uint64_t seed) {
  std::vector<float> image = picture();
  Random random(seed, "randomise test", 0);
  randomise_picture(image, kSize, how, random);
  return image;
}

double difference(const std::vector<float>& a, const std::vector<float>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max<double>(largest, std::abs(a[i] - b[i]));
  return largest;
}

TEST(Randomise, NothingAskedForChangesNothing) {
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    EXPECT_LT(difference(randomised(nothing(), seed), picture()), 1e-6);
}

TEST(Randomise, EachKeyDoesSomethingByItself) {
  const std::vector<std::pair<std::string, double Randomisation::*>> keys = {
      {"blur", &Randomisation::blur},
      {"compression", &Randomisation::compression},
      {"saturation", &Randomisation::saturation},
      {"light", &Randomisation::light},
      {"cast", &Randomisation::cast},
      {"noise", &Randomisation::noise},
      {"occluders", &Randomisation::occluders},
      {"glare", &Randomisation::glare},
      {"shade", &Randomisation::shade},
      {"bayer", &Randomisation::bayer},
      {"sharpening", &Randomisation::sharpening}};
  for (const auto& [name, key] : keys) {
    Randomisation how = nothing();
    how.*key = 0.9;
    int changed = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed)
      changed += difference(randomised(how, seed), picture()) > 1e-3;
    EXPECT_GT(changed, 3) << name;
  }
}

/// Of a picture without colour edges each filter's pixels tell the others: a grey ramp comes back but for its border.
TEST(Randomise, AColourFilterArrayKeepsARampAndColoursAnEdge) {
  constexpr int kBorder = 6;  // two of its coarsest pixels
  Randomisation how = nothing();
  how.bayer = 1;
  std::vector<float> ramp(3 * kSize * kSize), edge(3 * kSize * kSize);
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < kSize; ++y)
      for (int x = 0; x < kSize; ++x) {
        const auto at = static_cast<size_t>((c * kSize + y) * kSize + x);
        ramp[at] = 0.2F + 0.01F * static_cast<float>(x) + 0.01F * static_cast<float>(y);
        edge[at] = x < kSize / 2 ? 0.1F : 0.9F;
      }
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Random random(seed, "filters", 0);
    std::vector<float> seen = ramp, fringed = edge;
    randomise_picture(seen, kSize, how, random);
    randomise_picture(fringed, kSize, how, random);
    double coloured = 0;
    for (int y = kBorder; y < kSize - kBorder; ++y)
      for (int x = kBorder; x < kSize - kBorder; ++x) {
        const auto at = static_cast<size_t>(y * kSize + x);
        for (size_t c = 0; c < 3; ++c)
          EXPECT_NEAR(seen[c * kSize * kSize + at], ramp[c * kSize * kSize + at], 2e-3);
        coloured =
            std::max<double>(coloured, std::abs(fringed[at] - fringed[2 * kSize * kSize + at]));
      }
    EXPECT_GT(coloured, 0.1);
  }
}

TEST(Randomise, SharpeningLeavesHalosGlareOnlyBrightensAndShadeOnlyDarkens) {
  Randomisation sharp = nothing(), bright = nothing(), dark = nothing();
  sharp.sharpening = 3;
  bright.glare = 1;
  dark.shade = 1;
  double over = 0;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const std::vector<float> before = picture(), sharpened = randomised(sharp, seed),
                             glaring = randomised(bright, seed), shaded = randomised(dark, seed);
    for (size_t i = 0; i < before.size(); ++i) {
      over = std::max<double>(over, sharpened[i] - before[i]);
      EXPECT_GE(glaring[i], before[i] - 1e-6F);
      EXPECT_LE(shaded[i], before[i] + 1e-6F);
      EXPECT_GT(shaded[i], 0);
    }
    EXPECT_GT(difference(glaring, before), 0.02);
    EXPECT_GT(difference(shaded, before), 0.02);
  }
  EXPECT_GT(over, 0.05);
}

TEST(Randomise, StaysAPictureAndIsTheSameForTheSameStream) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::vector<float> image = randomised({}, seed);
    EXPECT_EQ(image, randomised({}, seed));
    EXPECT_GE(*std::min_element(image.begin(), image.end()), 0);
    EXPECT_LE(*std::max_element(image.begin(), image.end()), 1);
  }
}

}  // namespace
}  // namespace monodr
