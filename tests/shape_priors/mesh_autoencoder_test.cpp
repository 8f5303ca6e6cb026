// SPDX-License-Identifier: Apache-2.0
#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "geometry/occupancy.h"
#include "plugin/contract.h"
#include "shape_priors/trained_prior.h"

namespace monodr {
namespace {

using test::mesh_autoencoder;
using test::normal_codes;
using test::quick;
using test::trained_prior;

DecodedShape mean_car() {
  return trained_prior().decode(at::zeros({1, 8}), at::zeros({1, 4}));
}

TEST(MeshAutoencoder, KeepsTheContract) {
  const ContractReport report = check_shape_prior_contract(test::registry(), "mesh_autoencoder");
  EXPECT_TRUE(report.passed()) << report.to_text();
}

TEST(MeshAutoencoder, DecodesClosedSymmetricMeshesInTheUnitBox) {
  constexpr int kCount = 20;
  const DecodedShape shape =
      trained_prior().decode(normal_codes(kCount, 8, 1), normal_codes(kCount, 4, 2));
  EXPECT_EQ(shape.vertices.size(1), 488);
  for (int n = 0; n < kCount; ++n) {
    const Mesh mesh = mesh_of(shape, n);
    EXPECT_TRUE(is_watertight(mesh));
    EXPECT_GT(signed_volume(mesh), 0.3);
    const MeshBounds box = bounds(mesh);
    EXPECT_LT((box.low.array() + 0.5F).abs().maxCoeff(), 1e-6F);
    EXPECT_LT((box.high.array() - 0.5F).abs().maxCoeff(), 1e-6F);
  }
  const std::int64_t half = shape.vertices.size(1) / 2;
  const at::Tensor left = shape.vertices.narrow(1, 0, half);
  const at::Tensor right = shape.vertices.narrow(1, half, half);
  EXPECT_TRUE(at::equal(left.narrow(2, 0, 2), right.narrow(2, 0, 2)));
  EXPECT_TRUE(at::equal(left.select(2, 2), -right.select(2, 2)));
  EXPECT_TRUE(at::equal(shape.colours.narrow(1, 0, half), shape.colours.narrow(1, half, half)));
}

// Mean colour of the vertices of one end, between the height of the bumper and that of the bonnet.
Eigen::Vector3f end_colour(const Mesh& mesh, bool front) {
  Eigen::Vector3f sum = Eigen::Vector3f::Zero();
  int count = 0;
  for (size_t i = 0; i < mesh.vertices.size(); ++i) {
    const Eigen::Vector3f& v = mesh.vertices[i];
    const bool lamp = std::abs(v.z()) > 0.2F && v.y() > -0.2F && v.y() < 0.3F;
    if (!lamp || (front ? v.x() < 0.42F : v.x() > -0.42F)) continue;
    sum += mesh.colours[i];
    ++count;
  }
  EXPECT_GT(count, 4);
  return sum / static_cast<float>(count);
}

TEST(MeshAutoencoder, ColoursTellFrontFromRear) {
  const at::Tensor codes = at::cat({at::zeros({1, 8}), normal_codes(8, 8, 3)});
  const DecodedShape shape = trained_prior().decode(codes, at::zeros({9, 4}));
  for (int n = 0; n < 9; ++n) {
    const Mesh mesh = mesh_of(shape, n);
    const Eigen::Vector3f front = end_colour(mesh, true), rear = end_colour(mesh, false);
    EXPECT_GT(rear.x() - rear.y(), front.x() - front.y() + 0.05F) << "red lamps behind, car " << n;
    EXPECT_GT(front.y(), rear.y()) << "bright lamps in front, car " << n;
  }
}

TEST(MeshAutoencoder, PaintsTheBodyAsAsked) {
  const at::Tensor paint = at::tensor({0.8F,
                                       0.8F,
                                       0.8F,
                                       0.1F,
                                       0.1F,
                                       0.1F,
                                       0.5F,
                                       0.1F,
                                       0.1F,  //
                                       0.1F,
                                       0.15F,
                                       0.35F})
                               .view({4, 3});
  const at::Tensor texture = trained_prior().texture_from_paint(paint);
  const DecodedShape shape = trained_prior().decode(at::zeros({4, 8}), texture);
  for (int n = 0; n < 4; ++n) {
    // The doors; the corpus shades what faces sideways by 0.8. Below y = 0.12 are sills: one car in
    // ten and every second off-roader has them in black plastic, and so, in part, has the mean car.
    const Mesh mesh = mesh_of(shape, n);
    Eigen::Vector3f sum = Eigen::Vector3f::Zero();
    int count = 0;
    for (size_t i = 0; i < mesh.vertices.size(); ++i) {
      const Eigen::Vector3f& v = mesh.vertices[i];
      if (std::abs(v.x()) > 0.12F || std::abs(v.z()) < 0.44F || v.y() < -0.05F || v.y() > 0.12F)
        continue;
      sum += mesh.colours[i];
      ++count;
    }
    ASSERT_GT(count, 0);
    for (int k = 0; k < 3; ++k)
      EXPECT_NEAR(sum[k] / static_cast<float>(count), 0.8F * paint[n][k].item<float>(), 0.1)
          << "car " << n << ", channel " << k;
  }
}

TEST(MeshAutoencoder, CodesFitUnseenCars) {
  // By gradient descent on the code alone, towards the points of the car's surface: each decoded
  // vertex to its nearest one.
  const auto& cars = test::unseen_cars();
  double mean_iou = 0, fitted_iou = 0;
  for (const CorpusItem& car : cars) {
    at::Tensor points = at::empty({static_cast<std::int64_t>(car.mesh.vertices.size()), 3});
    for (size_t i = 0; i < car.mesh.vertices.size(); ++i)
      for (int k = 0; k < 3; ++k) points.data_ptr<float>()[3 * i + k] = car.mesh.vertices[i][k];
    at::Tensor code = at::zeros({1, 8});
    for (int step = 0; step < 40; ++step) {
      const at::AutoGradMode with_gradient(true);
      at::Tensor leaf = code.detach().requires_grad_(true);
      const at::Tensor vertices = trained_prior().decode(leaf, at::zeros({1, 4})).vertices[0];
      const at::Tensor nearest = at::cdist(vertices.detach(), points).argmin(1);
      const at::Tensor loss = (vertices - points.index_select(0, nearest)).square().sum(1).mean() +
                              1e-5 * leaf.square().sum();
      loss.backward();
      code = leaf.detach() - 400 * leaf.grad();
    }
    const at::Tensor no_texture = at::zeros({1, 4});
    mean_iou += volumetric_iou(mesh_of(mean_car(), 0), car.mesh);
    fitted_iou += volumetric_iou(mesh_of(trained_prior().decode(code, no_texture), 0), car.mesh);
  }
  mean_iou /= static_cast<double>(cars.size());
  fitted_iou /= static_cast<double>(cars.size());
  EXPECT_GT(fitted_iou, mean_iou + 0.005);
  EXPECT_GT(fitted_iou, 0.90);
}

TEST(MeshAutoencoder, TrainsTheSameBitsTwiceAndOtherOnesForAnotherSeed) {
  const auto train = [](std::uint64_t seed) {
    auto prior =
        mesh_autoencoder({{"template_grid", std::int64_t{6}}, {"steps", std::int64_t{40}}});
    TrainingRun run;
    run.seed = seed;
    prior->train(test::training_cars(), run);
    return prior->decode(at::ones({1, 8}), at::ones({1, 4}));
  };
  const DecodedShape first = train(3), again = train(3), other = train(4);
  EXPECT_TRUE(at::equal(first.vertices, again.vertices));
  EXPECT_TRUE(at::equal(first.colours, again.colours));
  EXPECT_FALSE(at::equal(first.vertices, other.vertices));
}

TEST(MeshAutoencoder, ReportsProgressAndStopsWhenTold) {
  auto prior = mesh_autoencoder();
  double last = 0;
  TrainingRun run;
  run.progress = [&](double share, double) {
    EXPECT_GE(share, last);
    EXPECT_LE(share, 1);
    last = share;
    return share < 0.6;
  };
  prior->train(test::training_cars(), run);
  EXPECT_GE(last, 0.6);
  EXPECT_LT(last, 1);
  EXPECT_THROW(prior->decode(at::zeros({1, 8}), at::zeros({1, 4})), CheckFailure)
      << "a training that was stopped leaves no half-trained prior";
}

class Dimensions : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(Dimensions, AreAParameter) {
  const auto [shape_dims, texture_dims] = GetParam();
  auto prior = mesh_autoencoder({{"latent_dims", std::int64_t{shape_dims}},
                                 {"texture_dims", std::int64_t{texture_dims}},
                                 {"template_grid", std::int64_t{7}},
                                 {"steps", std::int64_t{40}}});
  prior->train(test::training_cars(), {});
  EXPECT_EQ(prior->shape_dimensions(), shape_dims);
  EXPECT_EQ(prior->texture_dimensions(), texture_dims);
  const DecodedShape shape =
      prior->decode(at::zeros({2, shape_dims}), prior->texture_from_paint(at::full({2, 3}, 0.5)));
  EXPECT_TRUE(at::isfinite(shape.vertices).all().item<bool>());
  EXPECT_TRUE(at::isfinite(shape.colours).all().item<bool>());
  EXPECT_TRUE(is_watertight(mesh_of(shape, 0)));
}

INSTANTIATE_TEST_SUITE_P(Some,
                         Dimensions,
                         testing::Values(std::pair(1, 1), std::pair(3, 3), std::pair(16, 6)));

TEST(MeshAutoencoder, RefusesACorpusItCannotLearnFrom) {
  const std::vector<CorpusItem> few(test::training_cars().begin(),
                                    test::training_cars().begin() + 5);
  EXPECT_THROW(mesh_autoencoder()->train(few, {}), UserError);

  std::vector<CorpusItem> open = test::training_cars();
  open[3].mesh.faces.resize(open[3].mesh.faces.size() / 3);
  try {
    mesh_autoencoder()->train(open, {});
    ADD_FAILURE() << "a mesh full of holes was taken";
  } catch (const UserError& error) {
    EXPECT_NE(std::string(error.what()).find(open[3].name), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace monodr
