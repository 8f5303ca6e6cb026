// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "picture_input.h"

namespace monodr {
namespace {

using Fit = InputParameters::Fit;

InputParameters parameters_of(Fit fit, int width, int height) {
  InputParameters parameters;
  parameters.fit = fit;
  parameters.width = width;
  parameters.height = height;
  return parameters;
}

ColourImage ramp(int width, int height) {
  ColourImage picture(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      std::uint8_t* p = picture.pixel(x, y);
      p[0] = std::uint8_t(255 * x / std::max(1, width - 1));
      p[1] = std::uint8_t(255 * y / std::max(1, height - 1));
      p[2] = 40;
    }
  return picture;
}

TEST(Input, NormalisesEachColourAndPads) {
  InputParameters parameters = parameters_of(Fit::pad, 8, 6);
  parameters.mean = {0.1, 0.2, 0.3};
  parameters.deviation = {0.5, 1, 2};
  parameters.pad_value = 51;
  ColourImage picture(5, 4);
  std::uint8_t* p = picture.pixel(4, 3);
  p[0] = 255, p[1] = 102, p[2] = 0;
  NetworkInput input = prepare_input(picture, parameters);
  const auto at = [&](int c, int x, int y) { return input.values[size_t((c * 6 + y) * 8 + x)]; };
  EXPECT_FLOAT_EQ(at(0, 4, 3), (1 - 0.1f) / 0.5f);
  EXPECT_FLOAT_EQ(at(1, 4, 3), 0.4f - 0.2f);
  EXPECT_FLOAT_EQ(at(2, 4, 3), -0.15f);
  EXPECT_FLOAT_EQ(at(0, 5, 3), (0.2f - 0.1f) / 0.5f);
  parameters.is_bgr = true;
  input = prepare_input(picture, parameters);
  EXPECT_FLOAT_EQ(at(2, 4, 3), (1 - 0.3f) / 2);
  EXPECT_FLOAT_EQ(at(0, 4, 3), -0.2f);
}

/// A map over the input that holds the input's own column or row comes back as the picture's.
TEST(Input, APictureThatFillsTheInputBeginsAtItsBorder) {
  for (int side = 1; side < 400; ++side)
    for (const int width : {49, 98, 161, 187, 197, 237}) {
      const NetworkInput input =
          prepare_input(ramp(side, 5), parameters_of(Fit::letterbox, width, 200));
      ASSERT_GE(std::min(input.left, input.top), 0) << side << " " << width;
    }
}

TEST(Input, PixelsComeBackFromWhereTheyWent) {
  const std::uint64_t seed = std::uint64_t(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed, "sizes", 0);
  for (const Fit fit : {Fit::pad, Fit::letterbox, Fit::stretch})
    for (int trial = 0; trial < 40; ++trial) {
      const int width = int(random.uniform(1, 400)), height = int(random.uniform(1, 300));
      InputParameters parameters =
          parameters_of(fit, int(random.uniform(8, 300)), int(random.uniform(8, 200)));
      if (trial % 4 == 0) parameters.width = parameters.height = 0, parameters.multiple = 32;
      const NetworkInput input = prepare_input(ramp(width, height), parameters);
      ASSERT_EQ(input.values.size(), size_t(3 * input.width * input.height));
      EXPECT_GE(std::min(input.left, input.top), 0) << "written before the picture";
      EXPECT_LE(input.left + input.scale_x * width, input.width + 1e-9);
      EXPECT_LE(input.top + input.scale_y * height, input.height + 1e-9);
      if (fit == Fit::pad) {
        EXPECT_LE(input.scale_x, 1 + 1e-9);
      }
      std::vector<float> columns(size_t(input.width) * size_t(input.height));
      for (size_t i = 0; i < columns.size(); ++i)
        columns[i] = float(i % size_t(input.width)) + 0.5f;
      const MapReader reader(input, columns.data(), input.height, input.width);
      for (const int x : {0, width / 2, width - 1}) {
        const double expected =
            std::clamp(input.scale_x * (x + 0.5) + input.left, 0.5, input.width - 0.5);
        EXPECT_NEAR(reader.at(x, height / 2), expected, 1e-3) << width << " " << input.width;
      }
      const Box2d box = input.to_picture({input.left + input.scale_x * 0.25 * width,
                                          input.top + input.scale_y * 0.25 * height,
                                          input.left + input.scale_x * 0.75 * width,
                                          input.top + input.scale_y * 0.75 * height});
      EXPECT_NEAR(box.left, std::min(0.25 * width, width - 1.0) + 0.5, 1e-6);
      EXPECT_NEAR(box.bottom, std::min(0.75 * height, height - 1.0) + 0.5, 1e-6);
    }
}

TEST(Input, SmallerByAreaKeepsTheMean) {
  ColourImage picture(64, 64);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) picture.pixel(x, y)[0] = (x + y) % 2 == 0 ? 200 : 0;
  const NetworkInput input = prepare_input(picture, parameters_of(Fit::stretch, 16, 16));
  for (int i = 0; i < 16 * 16; ++i) EXPECT_NEAR(input.values[size_t(i)], 100.0 / 255, 1e-6);
}

TEST(Input, AHugePictureIsMadeSmaller) {
  InputParameters parameters;
  parameters.multiple = 32;
  const NetworkInput input = prepare_input(ColourImage(8000, 6000), parameters);
  EXPECT_LE(input.width * input.height, 4'200'000);
  EXPECT_EQ(input.width % 32, 0);
  EXPECT_NEAR(input.scale_x, input.scale_y, 1e-3);
}

}  // namespace
}  // namespace monodr
