// SPDX-License-Identifier: Apache-2.0
#include "fitting/object_coordinates.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "base/random.h"
#include "fitting/object_state.h"
#include "fitting/proposals.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

constexpr int64_t kSize = 16, kBins = 16;

UprightBoxes some_boxes() {
  return {at::tensor({1.F, 1.6F, 14.F, -2.F, 1.4F, 17.F}).view({2, 3}),
          at::tensor({1.5F, 1.7F, 4.2F, 1.6F, 1.6F, 3.9F}).view({2, 3}),
          at::tensor({0.7F, -2.1F})};
}

/// Pixels that measure points in the boxes, of two objects.
ObservationBatch some_batch(std::uint64_t seed) {
  Random random(seed, "measured points", 0);
  const UprightBoxes boxes = some_boxes();
  ObservationBatch batch;
  batch.mask = batch.known = at::ones({2, kSize, kSize});
  batch.depth = at::empty({2, kSize, kSize});
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t p = 0; p < kSize * kSize; ++p)
      batch.depth.data_ptr<float>()[b * kSize * kSize + p] =
          boxes.location[b][2].item<float>() + static_cast<float>(random.uniform(-0.6, 0.6));
  batch.intrinsics = at::empty({2, 3, 3});
  for (int64_t b = 0; b < 2; ++b) {
    // The crop's middle sees the box's, and half of its height is as wide as the crop.
    const double x = boxes.location[b][0].item<double>(), y = boxes.location[b][1].item<double>(),
                 z = boxes.location[b][2].item<double>(), f = 8 / 0.5 * z;
    const double middle = y - boxes.dimensions[b][0].item<double>() / 2;
    const std::vector<double> k{f, 0, 8 - f * x / z, 0, f, 8 - f * middle / z, 0, 0, 1};
    batch.intrinsics[b].copy_(at::tensor(k).to(at::kFloat).view({3, 3}));
  }
  batch.size_mean = at::tensor({1.5F, 1.6F, 3.9F}).repeat({2, 1});
  batch.size_deviation = at::full({2, 3}, 0.1F);
  return batch;
}

/// [B,4,S,S] of what is true.
at::Tensor true_coordinates(const ObservationBatch& batch) {
  return at::cat({coordinates_in(some_boxes(), batch), at::ones({2, 1, kSize, kSize})}, 1);
}

TEST(ObjectCoordinates, AreWhatPosesTheirPixelsPoint) {
  const ObservationBatch batch = some_batch(1);
  const UprightBoxes boxes = some_boxes();
  HypothesisBatch pose;
  pose.object = at::arange(2, at::kLong);
  pose.location = boxes.location;
  pose.dimensions = boxes.dimensions;
  pose.rotation_y = boxes.rotation_y;
  pose.pitch = pose.roll = at::zeros({2});
  const at::Tensor own = (coordinates_in(boxes, batch) - 0.5).flatten(2).transpose(1, 2);
  const at::Tensor posed = pose_vertices(own.contiguous(), pose);
  const at::Tensor pixels = at::matmul(posed, batch.intrinsics.transpose(1, 2));
  const at::Tensor seen = (pixels / posed.narrow(2, 2, 1)).view({2, kSize, kSize, 3});
  for (const auto& [row, column] : {std::pair{0, 0}, {3, 11}, {15, 15}})
    for (int64_t b = 0; b < 2; ++b) {
      EXPECT_NEAR(seen[b][row][column][0].item<double>(), column + 0.5, 1e-3);
      EXPECT_NEAR(seen[b][row][column][1].item<double>(), row + 0.5, 1e-3);
    }
  EXPECT_TRUE(posed.select(2, 2).allclose(batch.depth.flatten(1), 1e-4, 1e-4));
}

TEST(ObjectCoordinates, AreReadAsTheyWereLearned) {
  ObservationBatch batch = some_batch(2);
  batch.mask.select(2, 0).zero_();
  Proposals proposals;
  at::Tensor logits = at::zeros({2, 3, kBins, kSize, kSize}),
             presence = at::zeros({2, kSize, kSize});
  logits.set_requires_grad(true);
  presence.set_requires_grad(true);
  for (int step = 0; step < 300; ++step) {
    proposals.coordinates = at::log_softmax(logits, 2);
    proposals.presence = presence;
    const auto gradient = torch::autograd::grad(
        {coordinate_loss(proposals, some_boxes(), batch).sum()}, {logits, presence});
    const at::NoGradGuard no_gradient;
    logits.sub_(gradient[0] * 300);
    presence.sub_(gradient[1] * 300);
  }
  proposals.coordinates = at::log_softmax(logits, 2).detach();
  proposals.presence = presence.detach();
  const at::Tensor read = read_coordinates(proposals), own = coordinates_in(some_boxes(), batch);
  const at::Tensor told =
      own.gt(0.04).logical_and(own.lt(0.96)).all(1).logical_and(batch.mask.gt(0.5));
  ASSERT_GT(told.sum().item<int64_t>(), 200);
  const at::Tensor error = (read.narrow(1, 0, 3) - own).abs().amax(1);
  EXPECT_LT(error.masked_select(told).max().item<double>(), 0.01);
  EXPECT_TRUE(read.select(1, 3).gt(0.5).equal(batch.mask.gt(0.5)));
}

TEST(ObjectCoordinates, OfAMirrorImageAreFlippedAndAcross) {
  Proposals proposals;
  proposals.coordinates = at::log_softmax(3 * at::randn({2, 3, kBins, kSize, kSize}), 2);
  proposals.presence = at::zeros({2, kSize, kSize});
  const at::Tensor before = read_coordinates(proposals);
  proposals.coordinates = mirrored_coordinates(proposals.coordinates);
  const at::Tensor after = read_coordinates(proposals).flip(-1);
  EXPECT_TRUE(after.narrow(1, 0, 2).allclose(before.narrow(1, 0, 2), 1e-4, 1e-4));
  EXPECT_TRUE((1 - after.select(1, 2)).allclose(before.select(1, 2), 1e-4, 1e-4));

  // So are those of the points that the mirror image of a scene measures.
  ObservationBatch batch = some_batch(3);
  batch.image = at::zeros({2, 3, kSize, kSize});
  batch.box = batch.free_sides = at::zeros({2, 4});
  const UprightBoxes boxes = some_boxes();
  UprightBoxes other = boxes;
  other.location = boxes.location * at::tensor({-1.F, 1.F, 1.F});
  other.rotation_y = M_PI - boxes.rotation_y;
  const at::Tensor own = coordinates_in(boxes, batch);
  const at::Tensor seen = coordinates_in(other, mirrored(batch)).flip(-1);
  EXPECT_TRUE(seen.narrow(1, 0, 2).allclose(own.narrow(1, 0, 2), 1e-3, 1e-3));
  EXPECT_TRUE((1 - seen.select(1, 2)).allclose(own.select(1, 2), 1e-3, 1e-3));
}

TEST(ObjectCoordinates, PlaceTheBoxThoughAThirdOfThemIsWrong) {
  const ObservationBatch batch = some_batch(4);
  at::Tensor coordinates = true_coordinates(batch);
  Random random(5, "wrong coordinates", 0);
  float* all = coordinates.data_ptr<float>();
  for (int64_t b = 0; b < 2; ++b)
    for (int64_t p = 0; p < kSize * kSize; ++p)
      if (random.chance(0.33))
        for (int64_t axis = 0; axis < 3; ++axis)
          all[(b * 4 + axis) * kSize * kSize + p] = static_cast<float>(random.uniform(0, 1));
  const UprightBoxes boxes = some_boxes();
  for (int64_t b = 0; b < 2; ++b) {
    const auto found = pose_from_coordinates(batch, coordinates, b);
    ASSERT_TRUE(found.has_value());
    const double y =
        boxes.location[b][1].item<double>() - boxes.dimensions[b][0].item<double>() / 2;
    EXPECT_NEAR(found->pose.centre.x(), boxes.location[b][0].item<double>(), 0.15);
    EXPECT_NEAR(found->pose.centre.y(), y, 0.15);
    EXPECT_NEAR(found->pose.centre.z(), boxes.location[b][2].item<double>(), 0.15);
    EXPECT_LT(
        std::abs(angle_difference(found->pose.rotation_y, boxes.rotation_y[b].item<double>())),
        0.08);
    EXPECT_NEAR(found->scale, 1.05, 0.08);
  }
}

TEST(ObjectCoordinates, PlaceNothingWhereNobodySeesTheObjectOrMeasuresIt) {
  ObservationBatch batch = some_batch(6);
  at::Tensor coordinates = true_coordinates(batch);
  coordinates[0][3].zero_();
  batch.depth[1].zero_();
  EXPECT_FALSE(pose_from_coordinates(batch, coordinates, 0).has_value());
  EXPECT_FALSE(pose_from_coordinates(batch, coordinates, 1).has_value());
}

}  // namespace
}  // namespace monodr
