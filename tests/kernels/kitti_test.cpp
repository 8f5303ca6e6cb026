// SPDX-License-Identifier: Apache-2.0
// KITTI's average precision behind the C interface; its numbers are held against the official kit and
// a naive protocol in tests/evaluation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "kernels/scenes.h"

namespace monodr {
namespace {

using Frames = std::unique_ptr<monodr_kitti_frames, decltype(&monodr_kitti_frames_free)>;
constexpr double kLeast[3] = {0.5, 0.5, 0.5};

/// Cars and others in some frames, and detections near them.
struct Set {
  std::vector<std::int64_t> first{0};
  std::vector<std::int32_t> role, detected_role;
  Array<double> labels, detections;

  Set(int frames, std::uint32_t seed, Random* layout)
      : labels(array(frames, layout)), detections(array(frames, layout)) {
    Random random(seed);
    for (int n = 0; n < kObjects * frames; ++n) {
      const double top = random.uniform(100, 150), left = random.uniform(0, 1000);
      const double line[MONODR_KITTI_NUMBERS] = {random.uniform(0, 0.6),
                                                 double(random.below(4)),
                                                 random.uniform(-3, 3),
                                                 left,
                                                 top,
                                                 left + random.uniform(20, 100),
                                                 top + random.uniform(20, 80),
                                                 1.5,
                                                 1.6,
                                                 4,
                                                 random.uniform(-20, 20),
                                                 1.6,
                                                 random.uniform(5, 50),
                                                 random.uniform(-3, 3),
                                                 random.uniform(0, 1)};
      for (int k = 0; k < MONODR_KITTI_NUMBERS; ++k) {
        labels[MONODR_KITTI_NUMBERS * n + k] = line[k];
        detections[MONODR_KITTI_NUMBERS * n + k] =
            line[k] + (k > 2 ? random.uniform(-0.2, 0.2) : 0);
      }
      role.push_back(n % 5 == 0   ? MONODR_DONT_CARE
                     : n % 7 == 0 ? MONODR_NEIGHBOUR
                                  : MONODR_OF_CLASS);
      detected_role.push_back(n % 6 == 0 ? MONODR_OTHER_CLASS : MONODR_OF_CLASS);
      if (n % kObjects == kObjects - 1) first.push_back(n + 1);
    }
  }

  int make(Frames& frames, int threads) {
    const monodr_kitti_objects a{first.data(), role.data(), labels.view()};
    const monodr_kitti_objects b{first.data(), detected_role.data(), detections.view()};
    monodr_kitti_frames* made = nullptr;
    const int status =
        monodr_kitti_frames_new(std::int64_t(first.size()) - 1, &a, &b, kLeast, 0, threads, &made);
    frames.reset(made);
    return status;
  }

 private:
  static constexpr int kObjects = 12;
  static Array<double> array(int frames, Random* layout) {
    const std::vector<std::int64_t> sizes{kObjects * frames, MONODR_KITTI_NUMBERS};
    return layout == nullptr ? Array<double>(sizes) : Array<double>(sizes, *layout);
  }
};

Frames made(Set& set, int threads) {
  Frames frames(nullptr, monodr_kitti_frames_free);
  EXPECT_EQ(set.make(frames, threads), MONODR_OK) << monodr_last_message();
  return frames;
}

monodr_kitti_curve question(const Frames& frames, int overlap, int difficulty) {
  monodr_kitti_curve curve{};
  curve.frames = frames.get();
  curve.overlap = overlap;
  curve.difficulty = difficulty;
  curve.minimum_overlap = 0.7;
  return curve;
}

/// All nine curves, as one row of numbers.
std::vector<double> curves_of(const Frames& frames, int threads) {
  std::vector<monodr_kitti_curve> curves;
  for (int overlap = 0; overlap < 3; ++overlap)
    for (int difficulty = 0; difficulty < 3; ++difficulty)
      curves.push_back(question(frames, overlap, difficulty));
  EXPECT_EQ(monodr_kitti_curves(curves.data(), 9, threads), MONODR_OK) << monodr_last_message();
  std::vector<double> numbers;
  for (const monodr_kitti_curve& curve : curves) {
    numbers.insert(numbers.end(), curve.precision, curve.precision + MONODR_RECALL_SAMPLES);
    numbers.insert(numbers.end(), curve.similarity, curve.similarity + MONODR_RECALL_SAMPLES);
    numbers.push_back(double(curve.labels));
  }
  return numbers;
}

TEST(Kitti, LayoutAndThreadsChangeNothing) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    Random layout(seed);
    Set plain(40, seed, nullptr), strided(40, seed, &layout);
    const std::vector<double> expected = curves_of(made(plain, 1), 1);
    EXPECT_GT(expected[0], 0) << "nothing was found";
    EXPECT_EQ(expected, curves_of(made(strided, 1), 1)) << seed;
    EXPECT_EQ(expected, curves_of(made(plain, 3), 2)) << seed;
  }
}

TEST(Kitti, ChosenFramesAreASetOfTheirOwn) {
  Set all(40, 3, nullptr), half(20, 3, nullptr);
  const Frames of_all = made(all, 1), of_half = made(half, 1);
  std::vector<std::int64_t> chosen(20);
  std::iota(chosen.rbegin(), chosen.rend(), 0);  // the order does not matter
  for (int overlap = 0; overlap < 3; ++overlap) {
    monodr_kitti_curve some = question(of_all, overlap, MONODR_HARD);
    some.chosen = chosen.data();
    some.chosen_count = 20;
    monodr_kitti_curve whole = question(of_half, overlap, MONODR_HARD);
    ASSERT_EQ(monodr_kitti_curves(&some, 1, 1), MONODR_OK);
    ASSERT_EQ(monodr_kitti_curves(&whole, 1, 1), MONODR_OK);
    EXPECT_EQ(some.labels, whole.labels);
    for (int i = 0; i < MONODR_RECALL_SAMPLES; ++i)
      EXPECT_EQ(some.precision[i], whole.precision[i]);
  }
}

TEST(Kitti, FaultsAreRefused) {
  Set set(4, 1, nullptr);
  Frames frames(nullptr, monodr_kitti_frames_free);
  const auto refused = [&](int status, const char* message) {
    EXPECT_EQ(set.make(frames, 2), status) << message;
    EXPECT_EQ(frames, nullptr);
    EXPECT_THAT(monodr_last_message(), testing::HasSubstr(message));
    set = Set(4, 1, nullptr);
  };
  set.first[1] = 30;
  refused(MONODR_BAD_SIZE, "labels: first must not fall");
  set.first[0] = -1;
  refused(MONODR_BAD_SIZE, "labels: first must not fall");
  set.detected_role[1] = MONODR_OF_CLASS;
  set.detections[2 * MONODR_KITTI_NUMBERS - 1] = NAN;
  refused(MONODR_NOT_FINITE, "the score of detection 1 is NaN");

  frames = made(set, 1);
  const auto refused_curve = [&](int status, auto spoil) {
    monodr_kitti_curve curve = question(frames, MONODR_IMAGE, MONODR_EASY);
    spoil(curve);
    EXPECT_EQ(monodr_kitti_curves(&curve, 1, 1), status) << monodr_last_message();
  };
  const std::int64_t beyond[] = {0, 4};
  refused_curve(MONODR_NULL_POINTER, [](auto& curve) { curve.frames = nullptr; });
  refused_curve(MONODR_BAD_VALUE, [](auto& curve) { curve.overlap = 3; });
  refused_curve(MONODR_BAD_VALUE, [](auto& curve) { curve.difficulty = -1; });
  refused_curve(MONODR_BAD_VALUE, [](auto& curve) { curve.minimum_overlap = 0.4; });
  refused_curve(MONODR_BAD_VALUE, [](auto& curve) { curve.minimum_overlap = NAN; });
  refused_curve(MONODR_BAD_INDEX, [&](auto& curve) {
    curve.chosen = beyond;
    curve.chosen_count = 2;
  });
  double percent;
  EXPECT_EQ(monodr_kitti_average_precision(kLeast, 12, &percent), MONODR_BAD_VALUE);
  double thresholds[MONODR_RECALL_SAMPLES];
  int count;
  EXPECT_EQ(monodr_kitti_recall_thresholds(kLeast, 3, 2, thresholds, &count), MONODR_BAD_SIZE);
}

}  // namespace
}  // namespace monodr
