// SPDX-License-Identifier: Apache-2.0
#include "evidence/camera_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "scratch_folder.h"

namespace monodr {
namespace {

std::string complaint(double fx, double cx, double cy, int width = 1242, int height = 375) {
  Camera camera;
  camera.width = width;
  camera.height = height;
  camera.intrinsics = {fx, fx, cx, cy};
  return message_of<UserError>([&] { require_intrinsics_fit(camera, "000008.txt"); });
}

TEST(CameraCheck, TakesWhatCamerasAndCropsHave) {
  EXPECT_EQ(complaint(721.5, 609.6, 172.9), "");             // KITTI
  EXPECT_EQ(complaint(721.5, 609.6, 172.9, 1242, 200), "");  // the lower part is cut off
  EXPECT_EQ(complaint(721.5, 109.6, 172.9, 320, 375), "");   // so is the right one
  EXPECT_EQ(complaint(721.5, 609.6, -100, 1242, 200), "");   // only the road is left
  EXPECT_EQ(complaint(2000, 2016, 1512, 4032, 3024), "");
}

TEST(CameraCheck, NamesTheResolutionThatTheyAreOf) {
  EXPECT_THAT(complaint(1443, 1219.2, 345.8), testing::HasSubstr("a picture of about 2"));
  EXPECT_THAT(complaint(1443, 1219.2, 345.8), testing::HasSubstr("000008.txt"));
  EXPECT_THAT(complaint(360.7, 304.8, 86.4), testing::HasSubstr("multiply all four by 2"));
}

TEST(CameraCheck, RefusesWhatNoCameraIs) {
  EXPECT_THAT(complaint(721.5, 5000, 172.9), testing::HasSubstr("far outside"));
  EXPECT_THAT(complaint(1, 621, 187), testing::HasSubstr("degrees from left to right"));
  EXPECT_THAT(complaint(-700, 621, 187), testing::HasSubstr("degrees"));
}

}  // namespace
}  // namespace monodr
