// SPDX-License-Identifier: Apache-2.0
#include "fitting/lighting.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

namespace monodr {
namespace {

/// An octahedron around the origin, outward: the normal of each vertex is its own direction.
at::Tensor octahedron_vertices() {
  const at::Tensor axes = at::eye(3, at::kFloat);
  return at::cat({axes, -axes}).unsqueeze(0);
}

at::Tensor octahedron_faces() {
  at::Tensor faces = at::empty({8, 3}, at::kLong);
  int64_t row = 0;
  for (const int64_t x : {0, 3})
    for (const int64_t y : {1, 4})
      for (const int64_t z : {2, 5}) {
        const bool is_mirrored = ((x == 3) != (y == 4)) != (z == 5);
        const int64_t corners[] = {x, is_mirrored ? z : y, is_mirrored ? y : z};
        for (int i = 0; i < 3; ++i) faces[row][i] = corners[i];
        ++row;
      }
  return faces;
}

TEST(Lighting, NormalsOfAnOctahedronPointAlongItsVertices) {
  const at::Tensor vertices = octahedron_vertices();
  EXPECT_TRUE(at::allclose(vertex_normals(vertices * 3, octahedron_faces()), vertices, 0, 1e-6));
}

TEST(Lighting, FacesOfItsOwnMayBePadded) {
  const at::Tensor faces = octahedron_faces().unsqueeze(0);
  const at::Tensor padded = at::cat({faces, at::full({1, 4, 3}, -1, at::kLong)}, 1);
  const at::Tensor vertices = at::cat({octahedron_vertices(), at::zeros({1, 2, 3})}, 1);
  const at::Tensor normals = vertex_normals(vertices, padded);
  EXPECT_TRUE(at::allclose(normals.slice(1, 0, 6), octahedron_vertices(), 0, 1e-6));
  EXPECT_EQ(normals.slice(1, 6).abs().sum().item<float>(), 0) << "no face names these vertices";
}

TEST(Lighting, LightFromAboveBrightensTheRoofAndLeavesTheSides) {
  const at::Tensor normals = octahedron_vertices();
  const at::Tensor light = at::zeros({1, 3});
  light[0][1] = -0.3;  // y points down
  const at::Tensor lit = lit_colours(at::full({1, 6, 3}, 0.5), normals, light);
  EXPECT_NEAR(lit[0][4][0].item<double>(), 0.65, 1e-6) << "upward vertex";
  EXPECT_NEAR(lit[0][1][0].item<double>(), 0.35, 1e-6) << "downward vertex";
  EXPECT_NEAR(lit[0][0][0].item<double>(), 0.5, 1e-6) << "side";
}

TEST(Lighting, NothingIsDarkerThanAFifth) {
  const at::Tensor light = at::full({1, 3}, 2.0);
  const at::Tensor lit = lit_colours(at::ones({1, 6, 3}), octahedron_vertices(), light);
  EXPECT_NEAR(lit.min().item<double>(), 0.2, 1e-6);
}

TEST(Lighting, GradientOfLightAgreesWithDifferences) {
  const at::Tensor colours = at::rand({2, 6, 3}, at::kDouble);
  const at::Tensor normals = octahedron_vertices().to(at::kDouble).repeat({2, 1, 1});
  const at::Tensor weights = at::rand({2, 6, 3}, at::kDouble);
  at::Tensor light = at::rand({2, 3}, at::kDouble) * 0.3;
  const auto value = [&](const at::Tensor& l) {
    return (weights * lit_colours(colours, normals, l)).sum();
  };
  const at::Tensor leaf = light.clone().requires_grad_(true);
  value(leaf).backward();
  const double step = 1e-5;
  for (int64_t n = 0; n < 2; ++n)
    for (int64_t i = 0; i < 3; ++i) {
      at::Tensor more = light.clone(), less = light.clone();
      more[n][i] += step;
      less[n][i] -= step;
      const double slope = (value(more) - value(less)).item<double>() / (2 * step);
      EXPECT_NEAR(leaf.grad()[n][i].item<double>(), slope, 1e-7);
    }
}

}  // namespace
}  // namespace monodr
