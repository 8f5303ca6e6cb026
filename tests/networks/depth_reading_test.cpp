// SPDX-License-Identifier: Apache-2.0
#include "depth_reading.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

constexpr int kWidth = 320, kHeight = 120;

NetworkInput whole_input() {
  NetworkInput input;
  input.width = input.picture_width = kWidth;
  input.height = input.picture_height = kHeight;
  return input;
}

Camera camera() {
  Camera camera;
  camera.width = kWidth;
  camera.height = kHeight;
  camera.intrinsics = {200, 200, 160, 45};
  return camera;
}

float depth_of(float value, const DepthReading& reading) {
  const NetworkOutput output{"d", {1, 1, 1, 1}, {value}};
  return read_depth({output}, "net", whole_input(), camera(), reading).metres.at(7, 9);
}

TEST(DepthReading, MeaningsOfANumber) {
  DepthReading reading;
  reading.factor = 2;
  reading.shift = 1;
  EXPECT_FLOAT_EQ(depth_of(4, reading), 9);
  reading.meaning = DepthMeaning::disparity;
  EXPECT_FLOAT_EQ(depth_of(4, reading), 1 / 9.f);
  EXPECT_EQ(depth_of(-4, reading), 0);  // behind the camera: none
  reading = {};
  reading.maximum = 80;
  EXPECT_EQ(depth_of(81, reading), 0);
  reading.canonical_focal = 1000;
  EXPECT_FLOAT_EQ(depth_of(100, reading), 20);
}

TEST(DepthReading, ScaleAndValidityOfFurtherOutputs) {
  const NetworkOutput map{"d", {1, 2, 2}, {10, 10, 10, 10}};
  const NetworkOutput scale{"scale", {1}, {1.5f}};
  const NetworkOutput valid{"mask", {1, 2, 2}, {1, 1, 0, 1}};
  EXPECT_FLOAT_EQ(read_depth({map, scale}, "net", whole_input(), camera(), {}).metres.at(0, 0), 15);
  const EstimatedDepth some = read_depth({map, valid}, "net", whole_input(), camera(), {});
  EXPECT_EQ(some.metres.at(0, kHeight - 1), 0);
  EXPECT_FLOAT_EQ(some.metres.at(0, 0), 10);
  const NetworkOutput points{"p", {1, 2, 2, 3}, {0, 0, 7, 0, 0, 7, 0, 0, 7, 0, 0, 7}};
  EXPECT_FLOAT_EQ(read_depth({points}, "net", whole_input(), camera(), {}).metres.at(3, 3), 7);
  EXPECT_THAT(
      message_of<UserError>([&] {
        read_depth(
            {{"d", {1, 3, 2, 2}, std::vector<float>(12)}}, "net", whole_input(), camera(), {});
      }),
      testing::HasSubstr("is [1, 3, 2, 2], but depth is one map"));
}

/// A road, a wall beside it and a car on it, seen as inverse depth up to scale and shift.
TEST(DepthReading, TakesTheScaleFromTheRoad) {
  const std::uint64_t seed = std::uint64_t(::testing::UnitTest::GetInstance()->random_seed()) + 1;
  SCOPED_TRACE(seed);
  Random random(seed, "road", 0);
  for (int trial = 0; trial < 20; ++trial) {
    DepthReading reading;
    reading.meaning = DepthMeaning::inverse_depth;
    reading.camera_height = random.uniform(1.2, 2.2);
    const double scale = random.uniform(0.5, 20), shift = random.uniform(-1, 1);
    const Intrinsics k = camera().intrinsics;
    NetworkOutput output{"d", {kHeight, kWidth}, {}};
    std::vector<double> truth;
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x) {
        double inverse = std::max(1 / 200.0, (y + 0.5 - k.cy) / (k.fy * reading.camera_height));
        if (x < kWidth / 3) inverse = std::max(inverse, 1 / 12.0);                         // wall
        if (x > 200 && x < 260 && y > 40 && y < 90) inverse = std::max(inverse, 1 / 9.0);  // car
        truth.push_back(1 / inverse);
        output.values.push_back(
            float(scale * inverse + shift + 0.002 * scale * random.normal(0, 1)));
      }
    const EstimatedDepth depth = read_depth({output}, "net", whole_input(), camera(), reading);
    const int car = 80 * kWidth + 230, road = 100 * kWidth + 180;
    EXPECT_NEAR(depth.metres.values[size_t(car)], truth[size_t(car)], 0.06 * truth[size_t(car)]);
    EXPECT_NEAR(depth.metres.values[size_t(road)], truth[size_t(road)], 0.06 * truth[size_t(road)]);
  }
}

TEST(DepthReading, WithoutARoadThereIsNoScale) {
  DepthReading reading;
  reading.meaning = DepthMeaning::inverse_depth;
  const NetworkOutput upside_down = [] {
    NetworkOutput output{"d", {kHeight, 1}, {}};
    for (int y = 0; y < kHeight; ++y) output.values.push_back(float(kHeight - y));
    return output;
  }();
  EXPECT_THAT(message_of<UserError>(
                  [&] { read_depth({upside_down}, "net.onnx", whole_input(), camera(), reading); }),
              testing::HasSubstr("no road can be made out"));
}

}  // namespace
}  // namespace monodr
