// SPDX-License-Identifier: Apache-2.0
// What a caller may do wrong is a status and a message that names it, and never a crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "kernels/scenes.h"

namespace monodr {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Scene<float> scene_of_at_least(std::int64_t count) {
  for (std::uint32_t seed = 1;; ++seed)
    if (Scene<float> scene(seed, nullptr); scene.count >= count) return scene;
}

/// The arguments of both passes of both rasterizers, to be spoilt one at a time.
struct Call {
  Scene<float> scene = scene_of_at_least(2);
  monodr_soft_rasterizer soft = scene.soft(false);
  monodr_neural_mesh_renderer edges = scene.edges();
  monodr_meshes meshes = scene.meshes();
  monodr_images images = scene.images(), incoming = scene.incoming();
  monodr_soft_rasterizer_record record = scene.record();
  monodr_mesh_gradients gradients = scene.gradients();
  int threads = 2;

  int soft_forward() {
    return monodr_soft_rasterizer_forward(&soft, &meshes, &images, &record, threads);
  }
  int soft_backward() {
    return monodr_soft_rasterizer_backward(
        &soft, &meshes, &images, &record, &incoming, &gradients, threads);
  }
  int edges_forward() {
    return monodr_neural_mesh_renderer_forward(
        &edges, &meshes, &images, scene.nearest.data(), threads);
  }
  int edges_backward() {
    return monodr_neural_mesh_renderer_backward(
        &edges, &meshes, scene.nearest.data(), &incoming, &gradients, threads);
  }
};

struct Fault {
  const char* message;
  monodr_status status;
  std::function<void(Call&)> spoil;
};

TEST(Errors, FaultsOfTheMeshesNameWhatIsWrongInEveryPass) {
  const Fault faults[] = {
      {"vertices is NULL", MONODR_NULL_POINTER, [](Call& c) { c.meshes.vertices.data = nullptr; }},
      {"faces is NULL", MONODR_NULL_POINTER, [](Call& c) { c.meshes.faces.data = nullptr; }},
      {"colours is NULL", MONODR_NULL_POINTER, [](Call& c) { c.meshes.colours.data = nullptr; }},
      {"intrinsics is NULL",
       MONODR_NULL_POINTER,
       [](Call& c) { c.meshes.intrinsics.data = nullptr; }},
      {"type = 9", MONODR_BAD_VALUE, [](Call& c) { c.meshes.type = 9; }},
      {"count = -1", MONODR_BAD_SIZE, [](Call& c) { c.meshes.count = -1; }},
      {"vertex_count = -2", MONODR_BAD_SIZE, [](Call& c) { c.meshes.vertex_count = -2; }},
      {"face_count = 1099511627776",
       MONODR_BAD_SIZE,
       [](Call& c) { c.meshes.face_count = std::int64_t(1) << 40; }},
      {"threads = 0", MONODR_BAD_SIZE, [](Call& c) { c.threads = 0; }},
      {"threads = 100000", MONODR_BAD_SIZE, [](Call& c) { c.threads = 100000; }},
      {"vertex 1 of batch item 0 is NaN",
       MONODR_NOT_FINITE,
       [](Call& c) { c.scene.vertices[4] = float(kNaN); }},
      {"vertex 0 of batch item 0 is NaN or infinite",
       MONODR_NOT_FINITE,
       [](Call& c) { c.scene.vertices[2] = INFINITY; }},
      {"intrinsics of batch item 0",
       MONODR_NOT_FINITE,
       [](Call& c) { c.scene.intrinsics[4] = NAN; }},
      {"face 0 of batch item 0 names a vertex",
       MONODR_BAD_INDEX,
       [](Call& c) {
         c.scene.faces[0] = c.scene.faces[1] = 0;
         c.scene.faces[2] = c.scene.vertex_count;
       }},
  };
  int (Call::*const passes[])() = {
      &Call::soft_forward, &Call::soft_backward, &Call::edges_forward, &Call::edges_backward};
  for (const Fault& fault : faults)
    for (const auto pass : passes) {
      Call call;
      ASSERT_EQ(call.soft_forward(), MONODR_OK) << monodr_last_message();
      ASSERT_EQ(call.edges_forward(), MONODR_OK) << monodr_last_message();
      fault.spoil(call);
      EXPECT_EQ((call.*pass)(), fault.status) << fault.message;
      EXPECT_THAT(monodr_last_message(), testing::HasSubstr(fault.message));
    }
}

TEST(Errors, FaultsOfTheSettingsNameTheSetting) {
  const Fault soft[] = {
      {"height and width", MONODR_BAD_SIZE, [](Call& c) { c.soft.height = 0; }},
      {"height and width", MONODR_BAD_SIZE, [](Call& c) { c.soft.width = 1 << 20; }},
      {"sigma = 0", MONODR_BAD_VALUE, [](Call& c) { c.soft.sigma = 0; }},
      {"sigma = nan", MONODR_BAD_VALUE, [](Call& c) { c.soft.sigma = kNaN; }},
      {"gamma = -1", MONODR_BAD_VALUE, [](Call& c) { c.soft.gamma = -1; }},
      {"squared_radius = inf", MONODR_BAD_VALUE, [](Call& c) { c.soft.squared_radius = INFINITY; }},
      {"near = 3 and far = 2", MONODR_BAD_VALUE, [](Call& c) { c.soft.near = 3, c.soft.far = 2; }},
      {"near = nan", MONODR_BAD_VALUE, [](Call& c) { c.soft.near = kNaN; }},
  };
  for (const Fault& fault : soft) {
    Call call;
    fault.spoil(call);
    EXPECT_EQ(call.soft_forward(), fault.status) << fault.message;
    EXPECT_THAT(monodr_last_message(), testing::HasSubstr(fault.message));
    EXPECT_EQ(call.soft_backward(), fault.status) << fault.message;
  }
  const Fault edges[] = {
      {"samples = 0", MONODR_BAD_VALUE, [](Call& c) { c.edges.samples = 0; }},
      {"height and width", MONODR_BAD_SIZE, [](Call& c) { c.edges.height = 16384; }},
      {"epsilon = 0", MONODR_BAD_VALUE, [](Call& c) { c.edges.epsilon = 0; }},
      {"near = 0", MONODR_BAD_VALUE, [](Call& c) { c.edges.near = 0; }},
  };
  for (const Fault& fault : edges) {
    Call call;
    fault.spoil(call);
    EXPECT_EQ(call.edges_forward(), fault.status) << fault.message;
    EXPECT_THAT(monodr_last_message(), testing::HasSubstr(fault.message));
    EXPECT_EQ(call.edges_backward(), fault.status) << fault.message;
  }
}

TEST(Errors, OutputsWhoseElementsShareMemoryAreRefused) {
  const Fault faults[] = {
      {"silhouette", MONODR_BAD_SIZE, [](Call& c) { c.images.silhouette.stride[2] = 0; }},
      {"depth", MONODR_BAD_SIZE, [](Call& c) { c.images.depth.stride[0] = 1; }},
      {"colour", MONODR_BAD_SIZE, [](Call& c) { c.images.colour.stride[1] = 0; }},
  };
  for (const Fault& fault : faults) {
    Call call;
    fault.spoil(call);
    EXPECT_EQ(call.soft_forward(), fault.status) << fault.message;
    EXPECT_THAT(monodr_last_message(), testing::HasSubstr(fault.message));
    EXPECT_EQ(call.edges_forward(), fault.status) << fault.message;
  }
  Call call;
  ASSERT_EQ(call.soft_forward(), MONODR_OK);
  call.gradients.vertices.stride[0] = 0;
  EXPECT_EQ(call.soft_backward(), MONODR_BAD_SIZE);
}

TEST(Errors, BackwardAsksForWhatForwardLeft) {
  const Fault faults[] = {
      {"silhouette is NULL",
       MONODR_NULL_POINTER,
       [](Call& c) { c.images.silhouette.data = nullptr; }},
      {"nearest is NULL", MONODR_NULL_POINTER, [](Call& c) { c.record.nearest = nullptr; }},
      {"exponent is NULL",
       MONODR_NULL_POINTER,
       [](Call& c) { c.soft.softmax = 1, c.record.exponent = nullptr; }},
      {"depth is NULL",
       MONODR_NULL_POINTER,
       [](Call& c) { c.soft.softmax = 1, c.images.depth.data = nullptr; }},
  };
  for (const Fault& fault : faults) {
    Call call;
    ASSERT_EQ(call.soft_forward(), MONODR_OK);
    fault.spoil(call);
    EXPECT_EQ(call.soft_backward(), fault.status) << fault.message;
    EXPECT_THAT(monodr_last_message(), testing::HasSubstr(fault.message));
  }
}

TEST(Errors, ARecordOfOtherMeshesDoesNoHarm) {
  Scene<double> exact(1, nullptr);
  ASSERT_EQ(exact.run_soft(false, 1), MONODR_OK);
  exact.nearest[0] = 1 << 30;
  const monodr_soft_rasterizer settings = exact.soft(false);
  const monodr_meshes meshes = exact.meshes();
  const monodr_images images = exact.images(), incoming = exact.incoming();
  const monodr_soft_rasterizer_record record = exact.record();
  const monodr_mesh_gradients gradients = exact.gradients();
  EXPECT_EQ(monodr_soft_rasterizer_backward(
                &settings, &meshes, &images, &record, &incoming, &gradients, 1),
            MONODR_BAD_INDEX);
  EXPECT_THAT(monodr_last_message(), testing::HasSubstr("is not what forward left"));
  Call call;
  ASSERT_EQ(call.soft_forward(), MONODR_OK);
  call.scene.nearest[0] = 1 << 30;
  EXPECT_EQ(call.soft_backward(), MONODR_OK);  // float32 takes such a pixel for an empty one
  ASSERT_EQ(call.edges_forward(), MONODR_OK);
  call.scene.nearest[0] = 1 << 30;
  EXPECT_EQ(call.edges_backward(), MONODR_BAD_INDEX);
}

TEST(Errors, NullArgumentsAreRefused) {
  Call c;
  EXPECT_EQ(monodr_soft_rasterizer_forward(nullptr, &c.meshes, &c.images, &c.record, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_soft_rasterizer_forward(&c.soft, nullptr, &c.images, &c.record, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_soft_rasterizer_forward(&c.soft, &c.meshes, nullptr, &c.record, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_soft_rasterizer_forward(&c.soft, &c.meshes, &c.images, nullptr, 1), MONODR_OK);
  EXPECT_EQ(monodr_soft_rasterizer_backward(
                &c.soft, &c.meshes, &c.images, nullptr, &c.incoming, &c.gradients, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_soft_rasterizer_backward(
                &c.soft, &c.meshes, &c.images, &c.record, nullptr, &c.gradients, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_neural_mesh_renderer_forward(nullptr, &c.meshes, &c.images, nullptr, 1),
            MONODR_NULL_POINTER);
  EXPECT_EQ(monodr_neural_mesh_renderer_backward(
                &c.edges, &c.meshes, nullptr, &c.incoming, &c.gradients, 1),
            MONODR_NULL_POINTER);
}

TEST(Errors, OfSeveralItemsTheFirstIsNamedOnAnyNumberOfThreads) {
  for (int threads : {1, 2, 5}) {
    Scene<float> scene = scene_of_at_least(4);
    for (std::int64_t item = 2; item < scene.count; ++item)
      scene.vertices[3 * scene.vertex_count * item] = NAN;
    EXPECT_EQ(scene.run_soft(false, threads), MONODR_NOT_FINITE);
    EXPECT_THAT(monodr_last_message(), testing::HasSubstr("batch item 2 "));
  }
}

}  // namespace
}  // namespace monodr
