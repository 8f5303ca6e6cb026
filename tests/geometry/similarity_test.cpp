// SPDX-License-Identifier: Apache-2.0
#include "geometry/similarity.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

Eigen::Vector3d any_point(Random& random) {
  return {random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5), random.uniform(-0.5, 0.5)};
}

Similarity any_similarity(Random& random, Turns turns) {
  const Eigen::Vector3d axis = any_point(random).normalized();
  const double angle = random.uniform(-3, 3);
  return {random.uniform(1.5, 4.5),
          turns == Turns::about_y ? yaw_matrix(angle)
                                  : Eigen::AngleAxisd(angle, axis).toRotationMatrix(),
          {random.uniform(-8, 8), random.uniform(-1, 2), random.uniform(5, 40)}};
}

std::vector<PointPair> pairs_of(const Similarity& similarity, int count, Random& random) {
  std::vector<PointPair> pairs;
  for (int i = 0; i < count; ++i) {
    const Eigen::Vector3d own = any_point(random);
    pairs.push_back({own, similarity(own)});
  }
  return pairs;
}

double difference(const Similarity& a, const Similarity& b) {
  return std::abs(a.scale - b.scale) + (a.rotation - b.rotation).norm() +
         (a.translation - b.translation).norm();
}

double sum_of_squares(const Similarity& similarity, const std::vector<PointPair>& pairs) {
  double sum = 0;
  for (const PointPair& pair : pairs) sum += (similarity(pair.own) - pair.seen).squaredNorm();
  return sum;
}

class EachTurn : public testing::TestWithParam<Turns> {};

TEST_P(EachTurn, ProcrustesFindsAnExactSimilarity) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random random(seed);
    const Similarity truth = any_similarity(random, GetParam());
    const auto found = procrustes(pairs_of(truth, 3 + random.below(20), random), GetParam());
    ASSERT_TRUE(found.has_value()) << "seed " << seed;
    EXPECT_LT(difference(*found, truth), 1e-8) << "seed " << seed;
  }
}

/// A least-squares answer: no similarity near by has a smaller sum of squares.
TEST_P(EachTurn, ProcrustesIsLeastSquares) {
  Random random(5);
  const Similarity truth = any_similarity(random, GetParam());
  std::vector<PointPair> pairs = pairs_of(truth, 40, random);
  for (PointPair& pair : pairs) pair.seen += 0.3 * any_point(random);
  const Similarity found = *procrustes(pairs, GetParam());
  for (int i = 0; i < 200; ++i) {
    Similarity other = found;
    other.scale *= 1 + random.uniform(-0.02, 0.02);
    other.rotation = yaw_matrix(random.uniform(-0.02, 0.02)) * other.rotation;
    other.translation += 0.02 * any_point(random);
    EXPECT_GE(sum_of_squares(other, pairs), sum_of_squares(found, pairs) - 1e-12);
  }
}

TEST_P(EachTurn, FourInTenOutliersChangeNothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Random random(seed);
    const Similarity truth = any_similarity(random, GetParam());
    std::vector<PointPair> pairs = pairs_of(truth, 100, random);
    for (std::size_t i = 0; i < 40; ++i) pairs[i].own = any_point(random);
    const auto found = robust_similarity(pairs, GetParam(), {}, seed);
    ASSERT_TRUE(found.has_value()) << "seed " << seed;
    EXPECT_GE(found->inliers.size(), 60U) << "seed " << seed;
    EXPECT_LT(difference(found->similarity, truth), 0.1) << "seed " << seed;
    for (std::size_t i = 40; i < 100; ++i) {
      EXPECT_TRUE(std::binary_search(found->inliers.begin(), found->inliers.end(), i))
          << "seed " << seed << ", pair " << i;
    }
  }
}

TEST_P(EachTurn, TheSameSeedGivesTheSameBits) {
  Random random(9);
  std::vector<PointPair> pairs = pairs_of(any_similarity(random, GetParam()), 50, random);
  for (std::size_t i = 0; i < 20; ++i) pairs[i].own = any_point(random);
  const auto one = robust_similarity(pairs, GetParam(), {}, 3);
  const auto other = robust_similarity(pairs, GetParam(), {}, 3);
  EXPECT_EQ(difference(one->similarity, other->similarity), 0);
  EXPECT_EQ(one->inliers, other->inliers);
}

INSTANTIATE_TEST_SUITE_P(All,
                         EachTurn,
                         testing::Values(Turns::any, Turns::about_y),
                         [](const auto& info) {
                           return info.param == Turns::any ? std::string("any") : "about_y";
                         });

TEST_P(EachTurn, ABoundScaleIsTheBestOfItsRange) {
  Random random(9);
  const Similarity truth = any_similarity(random, GetParam());
  const std::vector<PointPair> pairs = pairs_of(truth, 30, random);
  const double most = 0.8 * truth.scale;
  const auto bound = procrustes(pairs, GetParam(), {0.5 * truth.scale, most});
  ASSERT_TRUE(bound.has_value());
  EXPECT_DOUBLE_EQ(bound->scale, most);
  EXPECT_LT((bound->rotation - truth.rotation).norm(), 1e-8);
  for (int i = 0; i < 50; ++i) {
    Similarity other = *bound;
    other.scale = random.uniform(0.9, 1.0) * most;
    other.translation += 0.05 * any_point(random);
    EXPECT_GE(sum_of_squares(other, pairs), sum_of_squares(*bound, pairs)) << i;
  }
  const auto free = procrustes(pairs, GetParam(), {0.5 * truth.scale, 2 * truth.scale});
  ASSERT_TRUE(free.has_value());
  EXPECT_LT(difference(*free, truth), 1e-8) << "a range that holds the best scale binds nothing";
}

TEST(Similarity, WhatFixesNothingHasNone) {
  const Eigen::Vector3d there(1, 2, 10);
  EXPECT_FALSE(procrustes({}, Turns::any));
  EXPECT_FALSE(procrustes({{{0, 0, 0}, there}, {{1, 0, 0}, there}}, Turns::any));
  const std::vector<PointPair> line{
      {{0, 0, 0}, {0, 0, 10}}, {{1, 0, 0}, {1, 0, 10}}, {{2, 0, 0}, {2, 0, 10}}};
  EXPECT_FALSE(procrustes(line, Turns::any)) << "it may turn about the line";
  EXPECT_TRUE(procrustes(line, Turns::about_y));
  const std::vector<PointPair> pole{{{0, 0, 0}, {0, 0, 10}}, {{0, 1, 0}, {0, 1, 10}}};
  EXPECT_FALSE(procrustes(pole, Turns::about_y)) << "seen from above it is a point";
}

TEST(Similarity, AMirrorImageIsNoRotation) {
  Random random(1);
  std::vector<PointPair> pairs = pairs_of({}, 30, random);
  for (PointPair& pair : pairs) pair.seen.x() = -pair.seen.x();
  EXPECT_NEAR(procrustes(pairs, Turns::any)->rotation.determinant(), 1, 1e-12);
}

TEST(Similarity, NoiseAloneHasNoSimilarity) {
  Random random(2);
  std::vector<PointPair> pairs;
  for (int i = 0; i < 30; ++i) pairs.push_back({any_point(random), 40 * any_point(random)});
  EXPECT_FALSE(robust_similarity(pairs, Turns::about_y, {}, 0));
}

TEST(Similarity, AttemptsAreThoseOfThePublishedCode) {
  EXPECT_NEAR(RansacSettings{}.attempts(), 567, 1);
}

}  // namespace
}  // namespace monodr
