// SPDX-License-Identifier: Apache-2.0
// Both rasterizers behind the C interface: layouts, threads, batches. What they draw is held against
// references in tests/renderers.
#include <gtest/gtest.h>

#include <thread>

#include "kernels/scenes.h"

extern "C" int call_every_function(void);

namespace monodr {
namespace {

TEST(CInterface, EveryFunctionDoesWhatACProgramExpects) {
  int line = -1;  // in a thread of its own, which has no message yet
  std::thread([&] { line = call_every_function(); }).join();
  EXPECT_EQ(line, 0) << "c_interface.c:" << line << ": " << monodr_last_message();
}

/// The three methods by number.
template <typename Scalar>
int run(Scene<Scalar>& scene, int method, int threads) {
  return method < 2 ? scene.run_soft(method == 1, threads) : scene.run_edges(threads);
}
constexpr int kMethods = 3;

template <typename Scalar>
class Rasterizers : public testing::Test {};
using Scalars = testing::Types<float, double>;
TYPED_TEST_SUITE(Rasterizers, Scalars);

TYPED_TEST(Rasterizers, StridedArraysGiveTheBitsOfThoseInOnePiece) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed)
    for (int method = 0; method < kMethods; ++method) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", method " << method);
      Random layout(seed);
      Scene<TypeParam> plain(seed, nullptr), strided(seed, &layout);
      ASSERT_EQ(run(plain, method, 2), MONODR_OK) << monodr_last_message();
      ASSERT_EQ(run(strided, method, 2), MONODR_OK) << monodr_last_message();
      EXPECT_EQ(plain.results(), strided.results());
      EXPECT_TRUE(strided.gaps_untouched());
    }
}

TYPED_TEST(Rasterizers, AnyNumberOfThreadsGivesTheSameBits) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed)
    for (int method = 0; method < kMethods; ++method) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", method " << method);
      Scene<TypeParam> one(seed, nullptr);
      ASSERT_EQ(run(one, method, 1), MONODR_OK) << monodr_last_message();
      for (int threads : {2, 3, 7}) {
        Scene<TypeParam> many(seed, nullptr);
        ASSERT_EQ(run(many, method, threads), MONODR_OK) << monodr_last_message();
        EXPECT_EQ(one.results(), many.results()) << threads << " threads";
      }
    }
}

TYPED_TEST(Rasterizers, AnItemAloneGivesTheBitsItHasInABatch) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed)
    for (int method = 0; method < kMethods; ++method) {
      Scene<TypeParam> batch(seed, nullptr), alone(seed, nullptr);
      ASSERT_EQ(run(batch, method, 2), MONODR_OK) << monodr_last_message();
      alone.count = 1;  // the first item
      ASSERT_EQ(run(alone, method, 2), MONODR_OK) << monodr_last_message();
      const std::int64_t pixels = batch.height * batch.width;
      for (std::int64_t n = 0; n < pixels; ++n) ASSERT_EQ(batch.silhouette[n], alone.silhouette[n]);
      for (std::int64_t n = 0; n < 3 * pixels; ++n) ASSERT_EQ(batch.colour[n], alone.colour[n]);
      for (std::int64_t n = 0; n < 3 * batch.vertex_count; ++n)
        ASSERT_EQ(batch.to_vertices[n], alone.to_vertices[n]);
    }
}

TYPED_TEST(Rasterizers, FacesSharedByStrideZeroAreThoseRepeated) {
  for (int method = 0; method < kMethods; ++method) {
    Scene<TypeParam> repeated(5, nullptr);
    const std::int64_t size = 3 * repeated.face_count;
    for (std::int64_t n = 0; n < repeated.faces.count(); ++n)
      repeated.faces[n] = repeated.faces[n % size];
    ASSERT_EQ(run(repeated, method, 1), MONODR_OK);
    const std::vector<TypeParam> expected = repeated.results();
    for (std::int64_t n = size; n < repeated.faces.count(); ++n) repeated.faces[n] = 1 << 20;
    monodr_meshes shared = repeated.meshes();
    shared.faces.stride[0] = 0;
    const monodr_images images = repeated.images();
    if (method == 2) {
      const auto settings = repeated.edges();
      ASSERT_EQ(monodr_neural_mesh_renderer_forward(&settings, &shared, &images, nullptr, 1),
                MONODR_OK);
    } else {
      const auto settings = repeated.soft(method == 1);
      ASSERT_EQ(monodr_soft_rasterizer_forward(&settings, &shared, &images, nullptr, 1), MONODR_OK);
    }
    EXPECT_EQ(expected, repeated.results());
  }
}

TYPED_TEST(Rasterizers, AnItemWithoutIncomingGradientGetsZeros) {
  for (int method = 0; method < kMethods; ++method) {
    Scene<TypeParam> scene(4, nullptr);
    for (Array<TypeParam>* gradient : {&scene.to_silhouette, &scene.to_depth, &scene.to_colour})
      for (std::int64_t n = 0; n < gradient->count(); ++n) (*gradient)[n] = 0;
    for (std::int64_t n = 0; n < scene.to_vertices.count(); ++n) scene.to_vertices[n] = 5;
    ASSERT_EQ(run(scene, method, 2), MONODR_OK);
    for (std::int64_t n = 0; n < scene.to_vertices.count(); ++n) ASSERT_EQ(scene.to_vertices[n], 0);
  }
}

TYPED_TEST(Rasterizers, ColoursNobodyAskedForHaveNoGradient) {
  for (int method = 0; method < kMethods; ++method) {
    Scene<TypeParam> scene(4, nullptr);
    ASSERT_EQ(run(scene, method, 1), MONODR_OK);
    const monodr_meshes meshes = scene.meshes();
    const monodr_images images = scene.images();
    const monodr_mesh_gradients gradients = scene.gradients();
    const monodr_soft_rasterizer_record record = scene.record();
    monodr_images incoming = scene.incoming();
    incoming.colour.data = nullptr;
    const auto soft = scene.soft(method == 1);
    const auto edges = scene.edges();
    const int status = method == 2
                           ? monodr_neural_mesh_renderer_backward(
                                 &edges, &meshes, scene.nearest.data(), &incoming, &gradients, 1)
                           : monodr_soft_rasterizer_backward(
                                 &soft, &meshes, &images, &record, &incoming, &gradients, 1);
    ASSERT_EQ(status, MONODR_OK) << monodr_last_message();
    for (std::int64_t n = 0; n < scene.to_colours.count(); ++n) ASSERT_EQ(scene.to_colours[n], 0);
  }
}

TYPED_TEST(Rasterizers, NothingToDrawIsNoError) {
  Scene<TypeParam> scene(3, nullptr);
  for (int method = 0; method < kMethods; ++method)
    for (std::int64_t Scene<TypeParam>::*size :
         {&Scene<TypeParam>::count, &Scene<TypeParam>::face_count}) {
      const std::int64_t before = scene.*size;
      scene.*size = 0;
      EXPECT_EQ(run(scene, method, 2), MONODR_OK) << monodr_last_message();
      scene.*size = before;
    }
}

}  // namespace
}  // namespace monodr
