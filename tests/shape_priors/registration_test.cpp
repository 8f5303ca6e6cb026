// SPDX-License-Identifier: Apache-2.0
#include "registration.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>

#include "base/random.h"
#include "common/principal_components.h"
#include "geometry/occupancy.h"
#include "ray_caster.h"
#include "shape_priors/trained_prior.h"
#include "template_mesh.h"

namespace monodr::mesh_autoencoder {
namespace {

class TemplateOfGrid : public testing::TestWithParam<int> {};

TEST_P(TemplateOfGrid, IsAClosedMirrorSymmetricCube) {
  const int grid = GetParam();
  const TemplateMesh t = make_template(grid);
  EXPECT_EQ(t.size(), grid * grid * grid - (grid - 2) * (grid - 2) * (grid - 2));
  EXPECT_EQ(t.size(), static_cast<int>(t.cube.size()));
  EXPECT_EQ(static_cast<int>(t.faces.size()), 12 * (grid - 1) * (grid - 1));
  EXPECT_EQ(t.middle == 0, grid % 2 == 0);
  const Mesh cube{t.cube, t.faces, {}};
  EXPECT_TRUE(is_watertight(cube));
  EXPECT_NEAR(signed_volume(cube), 1, 1e-5);
  for (int i = 0; i < t.size(); ++i) {
    const Eigen::Vector3f &v = t.cube[i], &m = t.cube[t.mirrored(i)];
    EXPECT_EQ(Eigen::Vector3f(v.x(), v.y(), -v.z()), m);
    EXPECT_EQ(t.mirrored(t.mirrored(i)), i);
    EXPECT_EQ(i<t.left, v.z()> 0);
  }
}

TEST_P(TemplateOfGrid, HasNeighboursOnEverySide) {
  const TemplateMesh t = make_template(GetParam());
  for (const auto& neighbours : half_neighbours(t)) {
    EXPECT_GE(neighbours.size(), 3U);
    EXPECT_LE(neighbours.size(), 8U);
  }
}

INSTANTIATE_TEST_SUITE_P(Grids, TemplateOfGrid, testing::Values(4, 5, 12, 16));

TEST(TemplateMesh, IsThatOfThePaper) {
  const TemplateMesh t = make_template(16);
  EXPECT_EQ(t.size(), 1352);
  EXPECT_EQ(t.faces.size(), 2700U);
}

// A box from `low` to `high`, one colour.
void add_box(Mesh& mesh,
             const Eigen::Vector3f& low,
             const Eigen::Vector3f& high,
             const Eigen::Vector3f& colour) {
  const TemplateMesh cube = make_template(3);
  const int first = static_cast<int>(mesh.vertices.size());
  for (const auto& v : cube.cube) {
    mesh.vertices.push_back((low + high) / 2 + v.cwiseProduct(high - low));
    mesh.colours.push_back(colour);
  }
  for (const auto& f : cube.faces) mesh.faces.push_back({first + f[0], first + f[1], first + f[2]});
}

const Eigen::Vector3f kRed(1, 0, 0), kBlue(0, 0, 1);

TEST(RayCaster, MeetsTheOutermostOfOverlappingParts) {
  Mesh mesh;
  add_box(mesh, {-0.5F, -0.5F, -0.5F}, {0.3F, 0.5F, 0.5F}, kRed);
  add_box(mesh, {0.1F, -0.2F, -0.2F}, {0.5F, 0.2F, 0.2F}, kBlue);
  const RayCaster caster(mesh, Eigen::Vector3f(0, 0, 0));
  const auto through_both = caster.farthest({1, 0, 0});
  ASSERT_TRUE(through_both);
  EXPECT_NEAR(through_both->distance, 0.5, 1e-6);
  EXPECT_EQ(through_both->colour, kBlue);
  const auto through_one = caster.farthest({-1, 0, 0});
  ASSERT_TRUE(through_one);
  EXPECT_NEAR(through_one->distance, 0.5, 1e-6);
  EXPECT_EQ(through_one->colour, kRed);
}

TEST(RayCaster, SaysWhereThereIsNothing) {
  Mesh mesh;
  add_box(mesh, {0.2F, -0.1F, -0.1F}, {0.5F, 0.1F, 0.1F}, kRed);
  const RayCaster caster(mesh, Eigen::Vector3f(0, 0, 0));
  EXPECT_TRUE(caster.farthest({1, 0, 0}));
  EXPECT_FALSE(caster.farthest({-1, 0, 0}));
  EXPECT_FALSE(caster.farthest({0, 1, 0}));
}

TEST(Registration, FillsAParametricCar) {
  const TemplateMesh t = make_template(16);
  const auto neighbours = half_neighbours(t);
  double sum = 0;
  for (const CorpusItem& car : test::unseen_cars()) {
    const Registration r = register_template(t, neighbours, car.mesh, 2);
    EXPECT_EQ(r.missed, 0) << car.name;
    const Mesh laid = mirror_half(t, r.vertices, r.colours);
    EXPECT_TRUE(is_watertight(laid));
    EXPECT_GT(signed_volume(laid), 0);
    sum += volumetric_iou(laid, car.mesh);
  }
  EXPECT_GE(sum / static_cast<double>(test::unseen_cars().size()), 0.95);
}

TEST(PrincipalComponents, GiveBackTheSamplesAndTheirWeightedLengths) {
  Random random(7);
  const auto uniform = [&] { return random.uniform(-1, 1); };
  const Eigen::MatrixXd samples = Eigen::MatrixXd::NullaryExpr(6, 20, uniform);
  const Eigen::RowVectorXd weights =
      Eigen::RowVectorXd::NullaryExpr(20, uniform).array().abs() + 0.1;
  const auto all = shape_priors::principal_components(samples, weights, 20);
  ASSERT_EQ(all.basis.rows(), 5);  // six samples span five directions around their mean
  const Eigen::MatrixXd back = (all.coefficients * all.basis).rowwise() + all.mean;
  EXPECT_LT((back - samples).cwiseAbs().maxCoeff(), 1e-9);
  const Eigen::MatrixXd weighted =
      ((samples.rowwise() - all.mean).array().rowwise() * weights.array()).matrix();
  EXPECT_NEAR(all.coefficients.row(2).squaredNorm(), weighted.row(2).squaredNorm(), 1e-9);
  EXPECT_GE(all.coefficients.col(0).squaredNorm(), all.coefficients.col(1).squaredNorm());
}

}  // namespace
}  // namespace monodr::mesh_autoencoder
