// SPDX-License-Identifier: Apache-2.0
// The geometry of crops: what is cut out lies where the crop's camera says.
#include "evidence/observations.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "evidence/mask_source.h"
#include "evidence/masks.h"
#include "evidence/resample.h"

namespace monodr {
namespace {

const Camera camera{{721.5377, 721.5377, 610.0593, 173.354}, {0.0598, -0.0003, 0.0027}, 1242, 375};

TEST(Crop, APointFallsOnTheSameSpotThroughBothCameras) {
  for (const Box2d& box : {Box2d{595.1, 176.3, 720.9, 261.2}, Box2d{3, 173, 41.5, 190}}) {
    const CropWindow window = crop_around(box, 1.3, 64);
    Camera crop_camera = camera;
    crop_camera.intrinsics = window.intrinsics(camera);
    for (const Eigen::Vector3d& point :
         {Eigen::Vector3d(1, 1.5, 14), Eigen::Vector3d(-3.2, 0.1, 40)}) {
      const Eigen::Vector2d full = camera.project(point);
      const Eigen::Vector2d expected =
          (full - Eigen::Vector2d(window.left, window.top)) * window.scale();
      EXPECT_LT((crop_camera.project(point) - expected).norm(), 1e-9);
    }
  }
}

// The centre of mass of a small square, through the resampling, lies where the window maps it.
TEST(Crop, ResamplingAgreesWithTheWindow) {
  for (const double side : {37.3, 64.0, 150.7, 301.9}) {  // enlarging and shrinking
    const CropWindow window{400.3 - side / 3, 150.8 - side / 2, side, 64};
    BinaryMask mask(1242, 375);
    for (int y = 148; y < 154; ++y)
      for (int x = 398; x < 407; ++x) mask.at(x, y) = 1;
    const std::vector<float> crop = crop_coverage(mask, window, 0);
    double total = 0, u = 0, v = 0;
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i) {
        const double share = crop[size_t(j) * 64 + i];
        total += share;
        u += share * (i + 0.5);
        v += share * (j + 0.5);
      }
    const double scale = window.scale();
    EXPECT_NEAR(u / total, (402.5 - window.left) * scale, 0.02 * std::max(1.0, scale)) << side;
    EXPECT_NEAR(v / total, (151.0 - window.top) * scale, 0.02 * std::max(1.0, scale)) << side;
    EXPECT_NEAR(total, 6 * 9 * scale * scale, 0.02 * 54 * scale * scale) << side;
  }
}

TEST(Crop, AtScaleOneTheImageIsCopied) {
  ColourImage image(80, 70);
  for (size_t i = 0; i < image.rgb.size(); ++i) image.rgb[i] = std::uint8_t(i * 7);
  const std::vector<float> crop = crop_colours(image, {5, 3, 64, 64});
  for (int channel = 0; channel < 3; ++channel)
    for (int j = 0; j < 64; ++j)
      for (int i = 0; i < 64; ++i)
        EXPECT_NEAR(crop[(size_t(channel) * 64 + j) * 64 + i],
                    image.pixel(5 + i, 3 + j)[channel] / 255.0,
                    1e-6);
}

TEST(Crop, OutsideTheImageColoursRepeatAndMasksTakeTheGivenValue) {
  const ColourImage image = [] {
    ColourImage grey(40, 40);
    std::fill(grey.rgb.begin(), grey.rgb.end(), std::uint8_t(51));
    return grey;
  }();
  for (const float value : crop_colours(image, {-30, -30, 100, 64})) EXPECT_NEAR(value, 0.2, 1e-5);
  const std::vector<float> outside = crop_coverage(BinaryMask(40, 40), {-30, -30, 100, 64}, 1);
  const double share =
      std::accumulate(outside.begin(), outside.end(), 0.0) / double(outside.size());
  EXPECT_NEAR(share, 1 - 0.16, 1e-4);  // 40 x 40 of 100 x 100 lies in the image
}

TEST(FreeSides, ASideBesideUnknownPixelsDoesNotCount) {
  std::vector<float> known(64 * 64, 1);
  const Box2d box{8, 20, 56, 44};
  EXPECT_EQ(free_sides(known, 64, box), (std::array<float, 4>{1, 1, 1, 1}));
  for (int y = 0; y < 64; ++y)
    for (int x = 50; x < 64; ++x)
      known[size_t(y) * 64 + x] = 0;  // 6 of 49 columns of top and bottom
  EXPECT_EQ(free_sides(known, 64, box), (std::array<float, 4>{1, 1, 0, 1}));
  for (int y = 43; y < 64; ++y)
    for (int x = 0; x < 64; ++x) known[size_t(y) * 64 + x] = 0;
  EXPECT_EQ(free_sides(known, 64, box), (std::array<float, 4>{1, 1, 0, 0}));
  EXPECT_EQ(free_sides(known, 64, {-30, 20, 200, 44})[0], 0);  // not in the crop at all
}

// Image border through the middle of a strip: the side may be cut off there, so it does not count.
TEST(FreeSides, ATruncatedObjectHasNoFreeSideAtTheImageBorder) {
  FrameEvidence frame;
  frame.image = ColourImage(200, 100);
  frame.camera = camera;
  ObjectEvidence object;
  object.box = {0.5, 30, 60.5, 70};
  object.mask = BinaryMask(200, 100);
  object.hidden = BinaryMask(200, 100);
  for (int y = 30; y < 70; ++y)
    for (int x = 0; x < 60; ++x) object.mask.at(x, y) = 1;
  const Observation seen = build_observation(frame, {}, object, 1.3, 64);
  EXPECT_EQ(seen.free_sides, (std::array<float, 4>{0, 1, 1, 1}));
  for (const float z : seen.depth) EXPECT_EQ(z, 0);
}

// A detected box of a cut car may end some pixels before the image does.
TEST(FreeSides, ABoxThatEndsNearTheImageBorderIsCutThere) {
  std::vector<float> known(64 * 64, 1);
  for (int y = 0; y < 64; ++y)
    for (int x = 56; x < 64; ++x) known[size_t(y) * 64 + x] = 0;
  for (const double gap : {0., 0.6, 1., 1.4, 2.})
    EXPECT_EQ(free_sides(known, 64, {8, 20, 56 - gap, 44})[2], 0) << gap;
  for (const double gap : {4., 6.})
    EXPECT_EQ(free_sides(known, 64, {8, 20, 56 - gap, 44})[2], 1) << gap;
}

TEST(DepthCrop, LidarGivesTheNearestPointOfThisObjectAboveTheGround) {
  FrameEvidence frame;
  frame.image = ColourImage(1242, 375);
  frame.camera = camera;
  ObjectEvidence object;
  object.box = {500, 150, 700, 350};  // each crop pixel covers four image pixels a side
  object.locus = {10, 1.65};
  object.mask = BinaryMask(1242, 375);
  object.hidden = BinaryMask(1242, 375);
  for (int y = 150; y < 350; ++y)
    for (int x = 500; x < 700; ++x) object.mask.at(x, y) = 1;
  DepthMap lidar;
  lidar.is_sparse = true;
  lidar.metres = Plane<float>(1242, 375);
  const CropWindow window = crop_around(object.box, 1.3, 64);
  const auto crop_index = [&](int x, int y) {
    return size_t((y + 0.5 - window.top) * window.scale()) * 64 +
           size_t((x + 0.5 - window.left) * window.scale());
  };
  lidar.metres.at(600, 200) = 11;
  lidar.metres.at(601, 200) = 10.5f;  // the same crop pixel
  lidar.metres.at(550, 200) = 14;     // something behind
  lidar.metres.at(620, 300) = 10;     // 1.75 m below the camera: the road
  const Observation seen = build_observation(frame, lidar, object, 1.3, 64);
  ASSERT_EQ(crop_index(600, 200), crop_index(601, 200));
  EXPECT_EQ(seen.depth[crop_index(600, 200)], 10.5f);
  EXPECT_EQ(std::count_if(seen.depth.begin(), seen.depth.end(), [](float z) { return z > 0; }), 1);
  EXPECT_EQ(seen.depth_deviation, 0);
}

TEST(TypicalDepth, IsTheMedianUnlessThatOfLidarLiesOffTheFullestCarLength) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed, "typical depth", 0);
  EXPECT_EQ(typical_depth({}, true), 0);
  EXPECT_EQ(typical_depth({}, false), 0);
  EXPECT_EQ(typical_depth({46, 47, 60, 67, 48, 74, 81}, true), 47)
      << "the median, 60, is off the three";
  EXPECT_EQ(typical_depth({46, 47, 60, 67, 48, 74, 81}, false), 60);
  EXPECT_EQ(typical_depth({20, 43, 46}, true), 43) << "in the fullest stretch, so it stays";
  EXPECT_EQ(typical_depth({10, 40, 20, 30}, true), 10) << "equal stretches: the nearest";
  for (int round = 0; round < 200; ++round) {
    std::vector<double> depths(size_t(1 + random.below(30)));
    for (double& z : depths) z = random.uniform(5, 30);
    std::vector<double> sorted = depths;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(typical_depth(depths, false), sorted[sorted.size() / 2]);
    std::vector<double> fullest;
    for (const double begin : sorted) {
      std::vector<double> stretch;
      for (const double z : sorted)
        if (z >= begin && z <= begin + 4) stretch.push_back(z);
      if (stretch.size() > fullest.size()) fullest = stretch;
    }
    const double median = sorted[sorted.size() / 2];
    const bool is_inside = median >= fullest.front() && median <= fullest.back();
    EXPECT_EQ(typical_depth(depths, true), is_inside ? median : fullest[fullest.size() / 2]);
  }
}

// Of the points on a far car whose mask is a little wide most may be of what its windows show: two of three here.
TEST(TypicalDepth, PointsThatWentThroughTheGlassMoveACarNowhere) {
  DepthMap lidar;
  lidar.is_sparse = true;
  lidar.metres = Plane<float>(1242, 375);
  BinaryMask mask(1242, 375);
  const Box2d box{700, 170, 760, 194};
  for (int y = 170; y < 194; ++y)
    for (int x = 700; x < 760; ++x) mask.at(x, y) = 1;
  for (int i = 0; i < 10; ++i) lidar.metres.at(715 + 3 * i, 186) = 45 + 0.1F * float(i);
  for (int i = 0; i < 20; ++i) lidar.metres.at(713 + 2 * i, 178) = 55 + 0.6F * float(i);
  EXPECT_NEAR(depth_under(lidar, mask), 45.5, 0.1);
  EXPECT_NEAR(locate_depth(lidar, camera, box, {}).central, 45.5, 0.1);
  lidar.is_sparse = false;
  EXPECT_GT(depth_under(lidar, mask), 55);
}

}  // namespace
}  // namespace monodr
