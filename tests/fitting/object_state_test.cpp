// SPDX-License-Identifier: Apache-2.0
#include "fitting/object_state.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>

#include "base/random.h"
#include "fitting/box_prior.h"
#include "fitting/observation_batch.h"
#include "geometry/rotation.h"

namespace monodr {
namespace {

Observation empty_observation(const Camera& camera, const Box2d& box, int size) {
  Observation observation;
  observation.box = box;
  observation.camera = camera;
  observation.crop = crop_around(box, 1.3, size);
  const size_t pixels = static_cast<size_t>(size) * size;
  observation.image.assign(3 * pixels, 0.5F);
  observation.mask.assign(pixels, 1);
  observation.known.assign(pixels, 1);
  observation.depth.assign(pixels, 0);
  return observation;
}

TEST(ObjectState, PosedUnitBoxHasTheCornersOfTheKittiBox) {
  const unsigned seed = 20261122;
  RecordProperty("seed", static_cast<int>(seed));
  Random random(seed);
  const auto uniform = [&] { return random.uniform(-1, 1); };
  Camera camera{{721.5, 721.5, 609.6, 172.9}, {0, 0, 0}, 1242, 375};
  for (int trial = 0; trial < 20; ++trial) {
    const Box2d box{500 + 300 * uniform(), 150, 700 + 300 * uniform(), 260};
    const auto batch = make_observation_batch(
        {empty_observation(camera, box, 64)}, {1.5, 1.6, 3.9}, {0.1, 0.1, 0.1});
    at::Tensor state = at::zeros({1, StateLayout{2, 3}.columns()});
    for (int column = 0; column < 7; ++column) state[0][column] = 0.3 * uniform();
    state[0][StateLayout::kDepth] = std::log(20.0 + 10 * uniform());
    state[0][StateLayout::kHeading] = M_PI * uniform();
    HypothesisBatch hypothesis =
        hypotheses_from_state(state, at::zeros({1}, at::kLong), {2, 3}, batch);
    const at::Tensor vertices = pose_vertices(
        BoxPrior().decode(hypothesis.shape_code, hypothesis.texture_code).vertices, hypothesis);

    Box3d expected;
    const auto value = [](const at::Tensor& t) { return t.item<double>(); };
    for (int i = 0; i < 3; ++i) expected.location[i] = value(hypothesis.location[0][i]);
    expected.height = value(hypothesis.dimensions[0][0]);
    expected.width = value(hypothesis.dimensions[0][1]);
    expected.length = value(hypothesis.dimensions[0][2]);
    expected.rotation_y = value(hypothesis.rotation_y[0]);
    for (const Eigen::Vector3d& corner : expected.corners()) {
      double nearest = 1e9;
      for (int i = 0; i < 8; ++i) {
        const Eigen::Vector3d p(
            value(vertices[0][i][0]), value(vertices[0][i][1]), value(vertices[0][i][2]));
        nearest = std::min(nearest, (p - corner).norm());
      }
      EXPECT_LT(nearest, 1e-3) << "seed " << seed << " trial " << trial;
    }
    // The centre of the box projects to the state's image position.
    const Intrinsics crop = crop_around(box, 1.3, 64).intrinsics(camera);
    const Eigen::Vector3d centre = expected.centre();
    EXPECT_NEAR(crop.fx * centre.x() / centre.z() + crop.cx, 32 * (1 + value(state[0][0])), 1e-2);
    EXPECT_NEAR(crop.fy * centre.y() / centre.z() + crop.cy, 32 * (1 + value(state[0][1])), 1e-2);
    // The heading of the state is allocentric.
    EXPECT_NEAR(angle_difference(alpha_from_rotation_y(expected.rotation_y, centre.x(), centre.z()),
                                 value(state[0][StateLayout::kHeading])),
                0,
                1e-4);
  }
}

// R = Ry(rotation_y) Rz(pitch) Rx(roll), against Eigen.
TEST(ObjectState, PitchAndRollTurnTheMeshAboutItsCentre) {
  HypothesisBatch hypothesis;
  const double yaw = 0.7, pitch = 0.2, roll = -0.1;
  hypothesis.location = at::tensor({1.0F, 2.0F, 10.0F}).view({1, 3});
  hypothesis.dimensions = at::tensor({1.5F, 1.6F, 4.0F}).view({1, 3});
  hypothesis.rotation_y = at::full({1}, yaw);
  hypothesis.pitch = at::full({1}, pitch);
  hypothesis.roll = at::full({1}, roll);
  const Eigen::Vector3f canonical(0.5F, -0.5F, 0.3F);
  const at::Tensor posed = pose_vertices(
      at::tensor({canonical.x(), canonical.y(), canonical.z()}).view({1, 1, 3}), hypothesis);
  const Eigen::Matrix3d rotation = (Eigen::AngleAxisd(yaw, Eigen::Vector3d::UnitY()) *
                                    Eigen::AngleAxisd(pitch, Eigen::Vector3d::UnitZ()) *
                                    Eigen::AngleAxisd(roll, Eigen::Vector3d::UnitX()))
                                       .toRotationMatrix();
  const Eigen::Vector3d expected =
      rotation * Eigen::Vector3d(4 * 0.5, 1.5 * -0.5, 1.6 * 0.3) + Eigen::Vector3d(1, 1.25, 10);
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(posed[0][0][i].item<double>(), expected[i], 1e-5);
}

TEST(ObjectState, LearningRatesFollowTheGroups) {
  LearningRates rates;
  const at::Tensor values = StateLayout{8, 4}.learning_rates(rates);
  ASSERT_EQ(values.size(0), 9 + 8 + 4);
  EXPECT_FLOAT_EQ(values[1].item<float>(), static_cast<float>(rates.position));
  EXPECT_FLOAT_EQ(values[2].item<float>(), static_cast<float>(rates.depth));
  EXPECT_FLOAT_EQ(values[5].item<float>(), static_cast<float>(rates.size));
  EXPECT_FLOAT_EQ(values[6].item<float>(), static_cast<float>(rates.heading));
  EXPECT_FLOAT_EQ(values[8].item<float>(), static_cast<float>(rates.tilt));
  EXPECT_FLOAT_EQ(values[16].item<float>(), static_cast<float>(rates.shape));
  EXPECT_FLOAT_EQ(values[20].item<float>(), static_cast<float>(rates.texture));
}

}  // namespace
}  // namespace monodr
