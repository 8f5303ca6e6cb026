// SPDX-License-Identifier: Apache-2.0
// Masks that are cut from images: plain shapes, synthetic cars whose true masks are known, real
// frames.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "evidence/dataset.h"
#include "evidence/object_evidence.h"
#include "evidence/requests.h"
#include "evidence/street_folder.h"
#include "synthetic/synthetic.h"

namespace monodr {
namespace {

DatasetRequest options_for(const std::string& root) {
  DatasetRequest options = kitti_request(root);
  return options;
}

double sum(const std::vector<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

TEST(GrabCut, FindsPlainRectangles) {
  const StreetFolder street;
  DatasetRequest options = options_for(street.path());
  options.masks = MaskKind::grabcut;
  for (const char* depth : {"none", "depth_2"}) {
    options.depth = enum_named<DepthKind>(depth);
    const ObservationSet set = load_observations(options);
    ASSERT_EQ(set.observations.size(), 6u) << depth;
    const Observation& near = set.observations[1];
    const double expected = 80 * 50 * std::pow(near.crop.scale(), 2);
    EXPECT_NEAR(sum(near.mask), expected, 0.15 * expected) << depth;
    // Where the near car hides the far one nothing is known of it.
    const Observation& far = set.observations[0];
    EXPECT_EQ(far.free_sides[2], 0) << depth;
  }
}

/// Mean overlap of cut masks with the true ones on synthetic scenes; with LiDAR-like depth or none.
double mean_mask_overlap(const std::string& root, const std::string& depth) {
  DatasetRequest options = options_for(root);
  options.depth = enum_named<DepthKind>(depth);
  const KittiFolder folder(root);
  const MaskSource truth(folder, MaskKind::instance), none(folder, MaskKind::grabcut);
  double total = 0;
  int count = 0;
  for (const std::string& id : folder.frames("all")) {
    const Frame seen = read_frame(folder, truth, id, options);
    const Frame frame = read_frame(folder, none, id, options);
    for (size_t c = 0; c < seen.objects.size(); ++c) {
      const DetectedObject& detected = seen.objects[c];
      if (detected.instance < 0 || detected.object.box.height() < 25) continue;
      const BinaryMask& expected = (*seen.instances)[size_t(detected.instance)].mask;
      if (std::count(expected.values.begin(), expected.values.end(), 1) < 150) continue;
      const BinaryMask cut = gather_evidence(frame, frame.objects[c], options).mask;
      double both = 0, either = 0;
      for (size_t i = 0; i < cut.values.size(); ++i) {
        both += cut.values[i] && expected.values[i];
        either += cut.values[i] || expected.values[i];
      }
      total += both / either;
      ++count;
    }
  }
  std::printf("depth %s: mean overlap of %d cut masks with the true ones %.3f\n",
              depth.c_str(),
              count,
              total / count);
  return total / count;
}

TEST(GrabCut, MasksOverlapTheTrueOnesOfSyntheticCars) {
  const ScratchFolder scratch;
  SynthesisOptions synthesis;
  synthesis.frames = 5;
  synthesis.seed = 7;
  synthesis.output = scratch.file("set");
  synthesize(synthesis);
  for (const auto& entry :
       std::filesystem::directory_iterator(scratch.file("set/training/depth_2"))) {
    Plane<std::uint16_t> depth = load_plane16(entry.path());
    for (int y = 0; y < depth.height; ++y)
      for (int x = 0; x < depth.width; ++x)
        if (y % 5 != 0 || x % 2 != 0) depth.at(x, y) = 0;
    save_png(entry.path(), depth);
  }
  EXPECT_GT(mean_mask_overlap(scratch.file("set"), "depth_2"), 0.84);
  EXPECT_GT(mean_mask_overlap(scratch.file("set"), "none"), 0.78);
}

TEST(GrabCut, RealMasksFillTheirBoxesSanely) {
  const std::string root = shared_file("kitti_mini");
  if (root.empty()) GTEST_SKIP() << "shared/kitti_mini is absent";
  DatasetRequest options = options_for(root);
  options.split = "lidar";
  const ObservationSet set = load_observations(options);
  EXPECT_EQ(set.frames.size(), 18u);
  EXPECT_GE(set.observations.size(), 28u);
  double worst = 1, total = 0;
  int unoccluded = 0;
  for (const Observation& seen : set.observations) {
    const Box2d box = seen.crop.to_crop(seen.box);
    const double inside = sum(seen.mask);
    EXPECT_LE(inside, 1.02 * box.area()) << seen.frame << " " << seen.object;
    EXPECT_EQ(seen.depth_deviation, 0);
    if (seen.free_sides != std::array<float, 4>{1, 1, 1, 1}) continue;
    ++unoccluded;
    total += inside / box.area();
    worst = std::min(worst, inside / box.area());
  }
  std::printf("%zu cars, %d with free sides: mask / box %.2f mean, %.2f least\n",
              set.observations.size(),
              unoccluded,
              total / unoccluded,
              worst);
  EXPECT_GT(total / unoccluded, 0.5);  // a car fills 60 to 85 % of its box
}

}  // namespace
}  // namespace monodr
