// SPDX-License-Identifier: Apache-2.0
#include "geometry/shape_agreement.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "geometry/enclosure.h"
#include "geometry/nearest.h"

namespace monodr {
namespace {

// A mean car's: height, width, length.
const Eigen::Vector3f kShares = length_shares({1.526, 1.63, 3.88});

void add_box(Mesh& mesh, const Eigen::Vector3f& low, const Eigen::Vector3f& high) {
  const int first = static_cast<int>(mesh.vertices.size());
  for (int i = 0; i < 8; ++i)
    mesh.vertices.emplace_back(
        i & 1 ? high.x() : low.x(), i & 2 ? high.y() : low.y(), i & 4 ? high.z() : low.z());
  const int quads[6][4] = {
      {0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}};
  for (const auto& q : quads) {
    mesh.faces.push_back({first + q[0], first + q[1], first + q[2]});
    mesh.faces.push_back({first + q[0], first + q[2], first + q[3]});
  }
}

Mesh box(const Eigen::Vector3f& low, const Eigen::Vector3f& high) {
  Mesh mesh;
  add_box(mesh, low, high);
  return mesh;
}

const Eigen::Vector3f kHalf = Eigen::Vector3f::Constant(0.5F);

TEST(NearestPoints, AreThoseOfALinearSearch) {
  Random random(3);
  const auto uniform = [&] { return static_cast<float>(random.uniform(-1, 1)); };
  const auto draw = [&] { return Eigen::Vector3f(uniform(), uniform(), uniform()); };
  for (const int count : {1, 2, 3, 17, 500}) {
    std::vector<Eigen::Vector3f> points;
    for (int i = 0; i < count; ++i) points.push_back(draw());
    const NearestPoints tree(points);
    for (int i = 0; i < 200; ++i) {
      const Eigen::Vector3f query = 1.5F * draw();
      float best = 1e9F;
      for (const auto& p : points) best = std::min(best, (p - query).norm());
      EXPECT_FLOAT_EQ((points[tree.nearest(query)] - query).norm(), best);
    }
  }
}

TEST(ShapeAgreement, OfAMeshWithItself) {
  const Mesh cube = box(-kHalf, kHalf);
  const ShapeAgreement same = shape_agreement(cube, cube, kShares);
  EXPECT_EQ(same.iou, 1);
  EXPECT_LT(same.chamfer, 0.003) << "the distance between samples, as the header says";
  EXPECT_GT(same.chamfer, 0.0005);
}

TEST(ShapeAgreement, OfAMeshWithAPartCutOff) {
  // A fifth of the length is gone. Of the cut box's surface only the new end is off, by 0.2; of the
  // whole one the old end and the sides beyond the cut, by 0 to 0.2.
  const Mesh whole = box(-kHalf, kHalf), cut = box(-kHalf, {0.3F, 0.5F, 0.5F});
  const ShapeAgreement agreement = shape_agreement(whole, cut, kShares);
  EXPECT_NEAR(agreement.iou, 0.8, 0.01);
  const double h = kShares.y(), w = kShares.z(), end = h * w, round = 2 * (h + w);
  // From the new end to the nearest side is nearer than to the old end: integrate over it.
  double new_end = 0, far = 0;
  constexpr int kSteps = 200;
  for (int i = 0; i < kSteps; ++i)
    for (int j = 0; j < kSteps; ++j) {
      const double y = h * (i + 0.5) / kSteps, z = w * (j + 0.5) / kSteps;
      const double side = std::min({y, h - y, z, w - z});
      new_end += std::min(side, 0.2) * end / (kSteps * kSteps);
      far += 0.2 * end / (kSteps * kSteps);
    }
  const double from_whole = (far + round * 0.2 * 0.1) / (2 * end + round);
  const double from_cut = new_end / (2 * end + round * 0.8);
  EXPECT_NEAR(agreement.chamfer, (from_whole + from_cut) / 2, 0.003);
}

TEST(ShapeAgreement, CountsOuterSurfacesOnly) {
  Mesh overlapping = box(-kHalf, {0.2F, 0.5F, 0.5F});
  add_box(overlapping, {-0.2F, -0.5F, -0.5F}, kHalf);
  add_box(overlapping, {-0.1F, -0.1F, -0.1F}, {0.1F, 0.1F, 0.1F});
  const ShapeAgreement agreement = shape_agreement(box(-kHalf, kHalf), overlapping, kShares);
  EXPECT_NEAR(agreement.iou, 1, 1e-9);
  EXPECT_LT(agreement.chamfer, 0.004);
}

TEST(OuterPoints, AreSpreadByArea) {
  const auto points = outer_points(box(-kHalf, kHalf), kShares, 6000, 1);
  ASSERT_EQ(points.size(), 6000U);
  const double h = kShares.y(), w = kShares.z(), total = 2 * (h + w + h * w);
  int ends = 0, roof = 0;
  for (const auto& p : points) {
    ends += std::abs(p.x()) > 0.4999F;
    roof += p.y() < -0.4999F;
  }
  EXPECT_NEAR(ends / 6000., 2 * h * w / total, 0.01);
  EXPECT_NEAR(roof / 6000., w / total, 0.01);
}

// What a box of 2 x 1 x 1 m encloses, however it is spoilt.
double enclosed(const Mesh& mesh, Enclosure* result = nullptr) {
  const Enclosure solid = enclose(mesh, 64);
  if (result != nullptr) *result = solid;
  return solid.volume();
}

TEST(Enclosure, OfASoundMeshIsItsVolumeAndItsFieldTheDistance) {
  Mesh mesh = box({0, 0, 0}, {2, 1, 1});
  Enclosure solid;
  EXPECT_NEAR(enclosed(mesh, &solid), 2, 0.04);
  for (int i = 0; i < solid.grid.counts[0]; ++i) {
    const auto at = [&](float y) {
      return std::lround((y - solid.grid.low.y()) / solid.grid.spacing.y());
    };
    const float x = solid.grid.coordinate(0, i);
    if (std::abs(x) > 0.05F) continue;
    const float field =
        solid.field[solid.grid.index(i, static_cast<int>(at(0.5F)), static_cast<int>(at(0.5F)))];
    EXPECT_NEAR(field, std::clamp(-x, -0.0625F, 0.0625F), 0.008) << x;
  }
}

TEST(Enclosure, DoesNotCareForDirectionDoublesInteriorsAndHoles) {
  Mesh mesh = box({0, 0, 0}, {2, 1, 1});
  add_box(mesh, {0.3F, 0.3F, 0.3F}, {0.8F, 0.7F, 0.7F});
  add_box(mesh, {1.2F, 0.3F, 0.3F}, {1.7F, 0.7F, 0.7F});
  for (size_t f = 0; f < mesh.faces.size(); f += 3) std::swap(mesh.faces[f][0], mesh.faces[f][1]);
  const auto faces = mesh.faces;
  mesh.faces.insert(mesh.faces.end(), faces.begin(), faces.end());
  EXPECT_NEAR(enclosed(mesh), 2, 0.04);

  // A slot of 0.1 m along one side.
  Mesh slotted = box({0, 0, 0}, {2, 1, 1});
  slotted.faces.erase(slotted.faces.begin() + 4, slotted.faces.begin() + 6);  // y = 0
  const int first = 8;
  for (const float z : {0.F, 0.45F, 0.55F, 1.F})
    for (const float x : {0.F, 2.F}) slotted.vertices.emplace_back(x, 0, z);
  for (const int strip : {0, 4}) {
    const int a = first + strip;
    slotted.faces.push_back({a, a + 1, a + 3});
    slotted.faces.push_back({a, a + 3, a + 2});
  }
  Enclosure solid;
  EXPECT_NEAR(enclosed(slotted, &solid), 2, 0.06);
  EXPECT_GE(2 * solid.gap, 0.1F);
}

TEST(Enclosure, PutsALidOnAnOpenSide) {
  Mesh tub = box({0, 0, 0}, {2, 1, 1});
  tub.faces.erase(tub.faces.begin() + 6, tub.faces.begin() + 8);
  Enclosure solid;
  EXPECT_NEAR(enclosed(tub, &solid), 2, 0.1);
  EXPECT_TRUE(solid.open_below);
}

}  // namespace
}  // namespace monodr
