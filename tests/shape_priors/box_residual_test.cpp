// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include "box_residual/box_field.h"
#include "plugin/contract.h"
#include "plugin/decoded_mesh.h"
#include "trained_prior.h"

namespace monodr {
namespace {

std::unique_ptr<ShapePrior> trained() {
  const PluginInfo& info = test::registry().find(PluginKind::shape_prior, "box_residual").info;
  auto prior = test::registry().make<ShapePrior>("box_residual", Parameters(info.parameters));
  prior->train(test::training_cars(), {});
  return prior;
}

Mesh decoded(const ShapePrior& prior, const at::Tensor& code) {
  return mesh_of(prior.decode(code, at::zeros({1, prior.texture_dimensions()})), 0);
}

TEST(BoxResidual, KeepsTheContract) {
  const ContractReport report = check_shape_prior_contract(test::registry(), "box_residual");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(BoxResidual, WithoutAResidualIsTheBox) {
  const Mesh mesh = decoded(*trained(), at::full({1, box_residual::kParts}, -40.0));
  for (const Eigen::Vector3f& v : mesh.vertices)
    EXPECT_NEAR(v.cwiseAbs().maxCoeff(), 0.5, 0.02) << v.transpose();
}

TEST(BoxResidual, ItsMeshIsTheZeroSurfaceOfTheField) {
  const auto prior = trained();
  for (const double code : {0.0, 1.5}) {
    std::array<double, box_residual::kParts> amplitudes;
    amplitudes.fill(box_residual::amplitude(code));
    const Mesh mesh = decoded(*prior, at::full({1, box_residual::kParts}, code));
    double sum = 0, lowest_front = 1;
    for (const Eigen::Vector3f& v : mesh.vertices) {
      sum += std::abs(box_residual::signed_distance<double>({v.x(), v.y(), v.z()}, &amplitudes));
      if (v.x() > 0.45) lowest_front = std::min(lowest_front, double(v.y()));
    }
    EXPECT_LT(sum / double(mesh.vertices.size()), 0.04) << "m, of code " << code;
    // The front is lower than the roof (y down, the roof at -0.5).
    EXPECT_GT(lowest_front, code == 0 ? -0.45 : -0.35);
  }
}

TEST(BoxResidual, SlopesAreThoseOfDifferences) {
  constexpr double kStep = 1e-6;
  for (int i = 0; i < 200; ++i) {
    const std::array<double, 3> q{
        0.7 * std::sin(1.1 * i), 0.7 * std::cos(2.3 * i), 0.7 * std::sin(3.7 * i)};
    std::array<double, 3> box_slope;
    box_residual::box_distance(q, &box_slope);
    const auto parts = box_residual::parts_at(q);
    for (int axis = 0; axis < 3; ++axis) {
      std::array<double, 3> up = q, down = q;
      up[axis] += kStep;
      down[axis] -= kStep;
      EXPECT_NEAR(box_slope[axis],
                  (box_residual::box_distance(up) - box_residual::box_distance(down)) / (2 * kStep),
                  1e-4);
      for (int k = 0; k < box_residual::kParts; ++k)
        EXPECT_NEAR(parts.slope[k][axis],
                    (box_residual::parts_at(up).value[k] - box_residual::parts_at(down).value[k]) /
                        (2 * kStep),
                    1e-6)
            << "part " << k << " at " << q[0] << " " << q[1] << " " << q[2];
    }
  }
}

}  // namespace
}  // namespace monodr
